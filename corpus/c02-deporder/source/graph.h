/* SPDX-License-Identifier: Apache-2.0 */
/* Targets and what each waits for, read from lines like these:
 *
 *     prog: main.o util.o     prog waits for main.o and util.o
 *     after run prog          run waits for prog
 *     # a comment
 *
 * There may be any number of targets; a line may have any number that its length allows. */
#ifndef GRAPH_H
#define GRAPH_H

#include <stddef.h>
#include <stdio.h>

#define LINE_SIZE 8192 /* of a line, with its end */
#define NAME_SIZE 64   /* of a target's name, with its terminator */

struct node {
  char name[NAME_SIZE];
  size_t *waits; /* places in the graph's nodes */
  size_t wait_count;
  size_t next;   /* for order.c: the next of them to look at */
  int state;
};

/* The nodes are in the order in which the file names them first. */
struct graph {
  struct node *nodes;
  size_t count, room;
  size_t line;
  const char *error;
};

/* Read a file into an empty graph; 0, or -1 with graph->error and graph->line set. */
int graph_read(struct graph *graph, FILE *file);

/* The place of a target, or graph->count. */
size_t graph_find(const struct graph *graph, const char *name);

void graph_free(struct graph *graph);

/* Print a target after all it waits for, each once, in the order the lines give; -1 for a circle. */
int order_print(struct graph *graph, size_t target, FILE *out);

#endif
