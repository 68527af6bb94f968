/* SPDX-License-Identifier: Apache-2.0 */
/* deporder FILE           print all targets, each after what it waits for
 * deporder FILE TARGET    print one target after what it waits for
 * deporder -l FILE        list the targets as the file names them first, and how many each waits for
 *
 * Ends with status 2 if the file is wrong, a target waits for itself, or there is no such target. */
#include <string.h>

#include "graph.h"

static int complain(const struct graph *graph, const char *error)
{
  if (graph->line > 0 && error == NULL)
    fprintf(stderr, "deporder: line %zu: %s\n", graph->line, graph->error);
  else
    fprintf(stderr, "deporder: %s\n", error);
  return 2;
}

static int print_all(struct graph *graph)
{
  for (size_t i = 0; i < graph->count; i++)
    if (order_print(graph, i, stdout) != 0)
      return complain(graph, graph->error);
  return 0;
}

static int print_one(struct graph *graph, const char *name)
{
  size_t place = graph_find(graph, name);

  if (place == graph->count)
    return complain(graph, "no such target");
  return order_print(graph, place, stdout) != 0 ? complain(graph, graph->error) : 0;
}

static int list(const struct graph *graph)
{
  for (size_t i = 0; i < graph->count; i++)
    printf("%s %zu\n", graph->nodes[i].name, graph->nodes[i].wait_count);
  return 0;
}

int main(int argc, char **argv)
{
  struct graph graph = {0};
  int listing = argc == 3 && strcmp(argv[1], "-l") == 0;
  FILE *file = argc == 2 || argc == 3 ? fopen(argv[listing ? 2 : 1], "r") : NULL;
  int status;

  if (file == NULL) {
    fprintf(stderr, "usage: deporder [-l] FILE [TARGET]\n");
    return 2;
  }
  if (graph_read(&graph, file) != 0)
    status = complain(&graph, NULL);
  else if (listing)
    status = list(&graph);
  else
    status = argc == 3 ? print_one(&graph, argv[2]) : print_all(&graph);
  fclose(file);
  graph_free(&graph);
  return status;
}
