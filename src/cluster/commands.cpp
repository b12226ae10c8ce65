#include "cluster/commands.h"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace rivulet::cluster {

void Commands::ask(std::span<const std::string_view> command,
                   ReplyReader& reader, uint64_t what) {
  try {
    asked_.push_back({.reader = &reader, .what = what});
  } catch (const std::bad_alloc&) {
    return link_.start_over("no memory");
  }
  link_.send(command);
}

void Commands::ask(std::initializer_list<std::string_view> command,
                   TicketRef ticket) {
  asked_.push_back({.ticket = std::move(ticket)});
  link_.send(command);
}

size_t Commands::tickets() const {
  const auto waits = [](const Asked& asked) { return bool(asked.ticket); };
  return static_cast<size_t>(std::ranges::count_if(asked_, waits));
}

void Commands::on_up() {
  owner_.on_commands_up();
}

void Commands::on_reply(const RedisReply& reply) {
  assert(!asked_.empty());
  const Asked asked = std::move(asked_.front());
  asked_.pop_front();
  if (asked.reader != nullptr) return asked.reader->on_reply(asked.what, reply);
  Ticket& ticket = *asked.ticket;
  try {
    if (ticket.asker != nullptr) ticket.asker->on_answer(reply);
  } catch (const std::bad_alloc&) {
    // There will be no other answer, and no one else is to blame.
    if (ticket.asker != nullptr) ticket.asker->on_failed();
  }
}

// Takes no memory: who waits must hear of it.
void Commands::on_down() {
  for (size_t left = asked_.size(); left > 0; --left) {
    const Asked asked = std::move(asked_.front());
    asked_.pop_front();
    const bool waits = asked.ticket && asked.ticket->asker != nullptr;
    if (waits) asked.ticket->asker->on_failed();
  }
  owner_.on_commands_down();
}

}  // namespace rivulet::cluster
