/* SPDX-License-Identifier: Apache-2.0 */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 8
#define BLANKS " \t\r\n"

static int fail(struct graph *graph, const char *error)
{
  graph->error = error;
  return -1;
}

size_t graph_find(const struct graph *graph, const char *name)
{
  size_t place = 0;

  while (place < graph->count && strcmp(graph->nodes[place].name, name) != 0)
    place++;
  return place;
}

/* Make room for more nodes; -1 if there is no memory. */
static int grow(struct graph *graph)
{
  size_t room = graph->room == 0 ? FIRST_ROOM : graph->room * 2;
  struct node *nodes = realloc(graph->nodes, room * sizeof *nodes);

  if (nodes == NULL)
    return fail(graph, "out of memory");
  graph->nodes = nodes;
  graph->room = room;
  return 0;
}

/* The node of this name, added if it is new; NULL if that can't be. */
static struct node *node_of(struct graph *graph, const char *name)
{
  size_t place = graph_find(graph, name);

  if (place < graph->count)
    return &graph->nodes[place];
  if (strlen(name) >= NAME_SIZE) {
    fail(graph, "name too long");
    return NULL;
  }
  if (graph->count == graph->room && grow(graph) != 0)
    return NULL;
  struct node *node = &graph->nodes[graph->count++];
  memset(node, 0, sizeof *node);
  strcpy(node->name, name);
  return node;
}

static int add_wait(struct graph *graph, struct node *node, struct node *wait)
{
  size_t *waits = realloc(node->waits, (node->wait_count + 1) * sizeof *waits);

  if (waits == NULL)
    return fail(graph, "out of memory");
  node->waits = waits;
  node->waits[node->wait_count++] = (size_t)(wait - graph->nodes);
  return 0;
}

/* "target: name name ...", cut at the colon. */
static int read_rule(struct graph *graph, char *target, char *names)
{
  char *name = strtok(target, BLANKS);

  if (name == NULL || strtok(NULL, BLANKS) != NULL)
    return fail(graph, "one target expected");
  struct node *node = node_of(graph, name);
  if (node == NULL)
    return -1;
  for (name = strtok(names, BLANKS); name != NULL; name = strtok(NULL, BLANKS)) {
    struct node *wait = node_of(graph, name);
    if (wait == NULL || add_wait(graph, node, wait) != 0)
      return -1;
  }
  return 0;
}

/* "after later earlier" */
static int read_after(struct graph *graph, char *names)
{
  char *later = strtok(names, BLANKS), *earlier = strtok(NULL, BLANKS);

  if (earlier == NULL || strtok(NULL, BLANKS) != NULL)
    return fail(graph, "two targets expected");
  struct node *node = node_of(graph, later);
  struct node *wait = node_of(graph, earlier);
  if (node == NULL || wait == NULL)
    return -1;
  return add_wait(graph, node, wait);
}

static int read_line(struct graph *graph, char *line)
{
  line += strspn(line, BLANKS);
  if (*line == '\0' || *line == '#')
    return 0;
  if (strncmp(line, "after ", 6) == 0)
    return read_after(graph, line + 6);
  char *colon = strchr(line, ':');
  if (colon == NULL)
    return fail(graph, "no colon");
  *colon = '\0';
  return read_rule(graph, line, colon + 1);
}

int graph_read(struct graph *graph, FILE *file)
{
  char line[LINE_SIZE];

  while (fgets(line, sizeof line, file) != NULL) {
    graph->line++;
    if (strchr(line, '\n') == NULL && !feof(file))
      return fail(graph, "line too long");
    if (read_line(graph, line) != 0)
      return -1;
  }
  return 0;
}

void graph_free(struct graph *graph)
{
  for (size_t i = 0; i < graph->count; i++)
    free(graph->nodes[i].waits);
  free(graph->nodes);
}
