/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <stdlib.h>
#include <string.h>

static int image_fail(struct image *image, const char *error)
{
  image->error = error;
  return -1;
}

static int read_number(FILE *file, uint32_t *number)
{
  unsigned char b[4];
  if (fread(b, 1, sizeof b, file) != sizeof b)
    return -1;
  *number = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
  return 0;
}

/* Room for one plane of the image, or NULL if it would be too large. */
static unsigned char *plane(const struct image *image, unsigned depth)
{
  uint32_t bytes = image->width * image->height * depth;
  if (bytes > MAX_BYTES)
    return NULL;
  return malloc(bytes);
}

/* Unpack a chunk's runs into a plane of exactly total bytes. */
static int unpack(FILE *file, uint32_t length, unsigned char *out, uint64_t total)
{
  uint64_t done = 0;

  for (; length >= 2; length -= 2) {
    int count = fgetc(file);
    int value = fgetc(file);
    if (count == EOF || value == EOF || (uint64_t)count > total - done)
      return -1;
    memset(out + done, value, (size_t)count);
    done += (uint64_t)count;
  }
  return done == total && length == 0 ? 0 : -1;
}

static int read_plane(struct image *image, FILE *file, uint32_t length, unsigned depth,
                      unsigned char **out)
{
  if (*out != NULL)
    return image_fail(image, "chunk twice");
  *out = plane(image, depth);
  if (*out == NULL)
    return image_fail(image, "too large");
  if (unpack(file, length, *out, (uint64_t)image->width * image->height * depth) != 0)
    return image_fail(image, "damaged runs");
  return 0;
}

static int read_chunk(struct image *image, FILE *file, const char tag[4])
{
  uint32_t length;

  if (read_number(file, &length) != 0)
    return image_fail(image, "cut short");
  if (memcmp(tag, "PIXL", 4) == 0) {
    return read_plane(image, file, length, image->channels, &image->pixels);
  }
  if (memcmp(tag, "MASK", 4) == 0)
    return read_plane(image, file, length, 1, &image->mask);
  return image_fail(image, "unknown chunk");
}

int image_read(struct image *image, FILE *file)
{
  char tag[4];
  int channels;

  memset(image, 0, sizeof *image);
  if (fread(tag, 1, sizeof tag, file) != sizeof tag || memcmp(tag, "TIMG", 4) != 0)
    return image_fail(image, "not an image");
  if (read_number(file, &image->width) != 0 || read_number(file, &image->height) != 0)
    return image_fail(image, "cut short");
  channels = fgetc(file);
  if (channels != 1 && channels != 3 && channels != 4)
    return image_fail(image, "bad number of channels");
  image->channels = (unsigned)channels;
  if (image->width == 0 || image->height == 0)
    return image_fail(image, "empty image");
  while (fread(tag, 1, sizeof tag, file) == sizeof tag)
    if (read_chunk(image, file, tag) != 0)
      return -1;
  return image->pixels != NULL ? 0 : image_fail(image, "no pixels");
}

void image_free(struct image *image)
{
  free(image->pixels);
  free(image->mask);
}
