/* SPDX-License-Identifier: Apache-2.0 */
/* "!arc\n", then members: name (16 characters, padded by spaces), size (10, decimal), "\n", data.
 * A member "//" before those that need it holds long names, one a line (the last line may lack its
 * newline); a name "/12" stands for the line that begins at its byte 12.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stddef.h>
#include <stdio.h>

#define NAME_MAX_LENGTH 255

struct names {
  char *data;
  size_t size;
};

struct member {
  char name[NAME_MAX_LENGTH + 1];
  size_t size;
};

struct archive {
  FILE *file;
  struct names names;
};

/* 0, or -1 if the file is not an archive. Call archive_close in either case. */
int archive_open(struct archive *archive, const char *path);

/* The next member: 1, or 0 at the end, or -1 if the archive is damaged. */
int archive_next(struct archive *archive, struct member *member);
void archive_close(struct archive *archive);

#endif
