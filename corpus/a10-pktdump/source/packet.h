/* SPDX-License-Identifier: Apache-2.0 */
/* "TPKT", number of records (1 byte), then records: name, kind (1), time to live (4, big-endian),
 * length (1), data. A name is labels (length 1 to 63, then letters) and ends with a nought, or with
 * a pointer: two bytes, 0xc000 and the place in the packet where the name goes on. A pointer may
 * point backward or forward, and a name may go through up to MAX_POINTERS of them.
 */
#ifndef PACKET_H
#define PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PACKET_MAX 16384
#define NAME_SIZE 256 /* with all dots and its terminator */
#define MAX_POINTERS 32

struct packet {
  unsigned char bytes[PACKET_MAX];
  size_t size;
  size_t at;
  unsigned left; /* records */
};

struct record {
  char name[NAME_SIZE];
  unsigned kind;
  uint32_t ttl;
  size_t data, length;
};

/* 0, or -1 if the file is not a packet. */
int packet_open(struct packet *packet, FILE *file);

/* The next record: 1, or 0 at the end, or -1 if the packet is damaged. */
int packet_next(struct packet *packet, struct record *record);

/* Print a record; 0, or -1 if its data are damaged. */
int record_print(const struct packet *packet, const struct record *record);

#endif
