/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A field of a header while its lines are read. */
struct field {
  char **to; /* where its text belongs; NULL if nowhere */
  size_t length;
  char text[FIELD_SIZE];
};

static const char *skip_blanks(const char *text)
{
  return text + strspn(text, " \t");
}

/* Go on to the next line. One that is longer than LINE_SIZE counts as several. */
static void advance(struct mailbox *mailbox)
{
  mailbox->more = fgets(mailbox->line, LINE_SIZE, mailbox->file) != NULL;
  if (mailbox->more)
    mailbox->line[strcspn(mailbox->line, "\r\n")] = '\0';
}

static int begins(const char *line)
{
  return strncmp(line, "From ", 5) == 0;
}

int mailbox_open(struct mailbox *mailbox, FILE *file)
{
  mailbox->file = file;
  advance(mailbox);
  return !mailbox->more || begins(mailbox->line) ? 0 : -1;
}

static void field_begin(struct field *field, char **to, const char *text)
{
  field->to = to;
  strncpy(field->text, text, FIELD_SIZE);
  field->length = strnlen(field->text, FIELD_SIZE);
}

static void field_go_on(struct field *field, const char *text)
{
  size_t length = strlen(text);

  if (field->length > 0 && field->length < FIELD_SIZE - 1)
    field->text[field->length++] = ' ';
  if (length > FIELD_SIZE - field->length)
    length = FIELD_SIZE - field->length;
  memcpy(field->text + field->length, text, length);
  field->length += length;
  if (field->length < FIELD_SIZE)
    field->text[field->length] = '\0';
}

/* Keep what a field says, unless there was one before. */
static int field_end(struct field *field)
{
  if (field->to != NULL && *field->to == NULL) {
    *field->to = strdup(field->text);
    if (*field->to == NULL)
      return -1;
  }
  field->to = NULL;
  return 0;
}

static char **wanted(struct message *message, const char *line, size_t name)
{
  if (name == 4 && strncasecmp(line, "from", name) == 0)
    return &message->from;
  if (name == 7 && strncasecmp(line, "subject", name) == 0)
    return &message->subject;
  return NULL;
}

static int header(struct mailbox *mailbox, struct message *message)
{
  struct field field = {NULL, 0, ""};

  for (; mailbox->more && mailbox->line[0] != '\0'; advance(mailbox)) {
    const char *line = mailbox->line;
    if (line[0] == ' ' || line[0] == '\t') {
      if (field.to != NULL)
        field_go_on(&field, skip_blanks(line));
      continue;
    }
    size_t name = strcspn(line, ": \t");
    if (name == 0 || line[name] != ':' || field_end(&field) != 0)
      return -1;
    field_begin(&field, wanted(message, line, name), skip_blanks(line + name + 1));
  }
  return field_end(&field);
}

int message_read(struct mailbox *mailbox, struct message *message)
{
  int empty = 0;

  memset(message, 0, sizeof *message);
  if (!mailbox->more)
    return 0;
  advance(mailbox);
  if (header(mailbox, message) != 0) {
    message_free(message);
    return -1;
  }
  if (mailbox->more)
    advance(mailbox);
  for (; mailbox->more && !(empty && begins(mailbox->line)); advance(mailbox)) {
    empty = mailbox->line[0] == '\0';
    message->lines++;
  }
  if (mailbox->more && message->lines > 0)
    message->lines--;
  return 1;
}

void message_free(struct message *message)
{
  free(message->from);
  free(message->subject);
}
