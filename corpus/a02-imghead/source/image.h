/* SPDX-License-Identifier: Apache-2.0 */
/* TIMG, all numbers little-endian:
 *   "TIMG", width (4 bytes), height (4), channels (1: 1, 3 or 4), then chunks:
 *   "PIXL" or "MASK", length (4), runs of two bytes: how often, which value.
 * PIXL fills width * height * channels bytes, MASK width * height. Sides may be of any size as
 * long as no plane is larger than MAX_BYTES.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdint.h>
#include <stdio.h>

#define MAX_BYTES (16u << 20)

struct image {
  uint32_t width, height;
  unsigned channels;
  unsigned char *pixels, *mask;
  const char *error;
};

/* Read a whole image; 0, or -1 with image->error set. Call image_free in either case. */
int image_read(struct image *image, FILE *file);
void image_free(struct image *image);

#endif
