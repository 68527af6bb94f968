/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "graph.h"

enum { NEW, OPEN, DONE };

int order_print(struct graph *graph, size_t target, FILE *out)
{
  /* Each node is opened once, so that the path is never longer than there are nodes. */
  size_t *path = malloc((graph->count + 1) * sizeof *path);
  size_t length = 0;
  int circle = 0;

  if (path == NULL)
    return -1;
  if (graph->nodes[target].state == NEW)
    path[length++] = target;
  while (length > 0 && !circle) {
    struct node *node = &graph->nodes[path[length - 1]];
    node->state = OPEN;
    if (node->next == node->wait_count) {
      node->state = DONE;
      fprintf(out, "%s\n", node->name);
      length--;
      continue;
    }
    size_t wait = node->waits[node->next++];
    if (graph->nodes[wait].state == OPEN) {
      graph->error = "waits for itself";
      circle = 1;
    } else if (graph->nodes[wait].state == NEW) {
      path[length++] = wait;
    }
  }
  free(path);
  return circle ? -1 : 0;
}
