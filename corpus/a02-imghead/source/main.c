/* SPDX-License-Identifier: Apache-2.0 */
/* imghead FILE: print the sides of an image and the size and sum of its planes. */
#include "image.h"

static void describe(const char *name, const unsigned char *plane, size_t bytes)
{
  unsigned long sum = 0;
  for (size_t i = 0; i < bytes; i++)
    sum += plane[i];
  printf("%s: %zu bytes, sum %lu\n", name, bytes, sum);
}

int main(int argc, char **argv)
{
  struct image image;
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

  if (file == NULL) {
    fprintf(stderr, "usage: imghead FILE\n");
    return 2;
  }
  int wrong = image_read(&image, file);
  fclose(file);
  if (wrong) {
    fprintf(stderr, "imghead: %s\n", image.error);
  } else {
    size_t area = (size_t)image.width * image.height;
    printf("%ux%u, %u channel(s)\n", image.width, image.height, image.channels);
    describe("pixels", image.pixels, area * image.channels);
    if (image.mask != NULL)
      describe("mask", image.mask, area);
  }
  image_free(&image);
  return wrong ? 2 : 0;
}
