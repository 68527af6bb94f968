/* SPDX-License-Identifier: Apache-2.0 */
/* JSON texts, looked at in place. A value is told by where it begins. Arrays and objects may lie
 * within each other DEPTH_MAX deep; such as lie deeper need not be read, but are no worse than any
 * other text that is not JSON.
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

#define DEPTH_MAX 1000

/* The text behind the value that a text begins with (blanks before it do not count), or NULL. */
const char *json_end(const char *text);

/* Where a text's first byte is that is no blank. */
const char *json_blanks(const char *text);

/* The value of a key in an object, or of an index (in decimal) in an array, both of which must be
 * JSON: where it begins, or NULL. Keys are compared as they are written; of two the first counts.
 */
const char *json_inside(const char *text, const char *key, size_t length);

/* How many values an object or an array has inside; 0 for others. */
size_t json_count(const char *text);

#endif
