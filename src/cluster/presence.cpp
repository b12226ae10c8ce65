#include "cluster/presence.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace rivulet::cluster {

void Presence::changed(std::string_view id) noexcept {
  try {
    if (!id.empty()) changed_.emplace_back(id);
  } catch (const std::bad_alloc&) {
    lost_some_ = true;
  }
}

void Presence::tell_all() {
  changed_.clear();
  lost_some_ = false;
  telling_all_ = true;
  commands_.ask({"DEL", keys_.new_clients}, *this, kIgnored);
  commands_.ask({"HSET", keys_.new_clients, "", "1"}, *this, kIgnored);
  commands_.ask({"PEXPIRE", keys_.new_clients, kTimeToLiveMs}, *this, kIgnored);
  try {
    hub_.for_each_client([this](std::string_view id) { changed(id); });
  } catch (const std::bad_alloc&) {
    lost_some_ = true;
  }
}

void Presence::refresh() {
  commands_.ask({"PEXPIRE", keys_.clients, kTimeToLiveMs}, *this, kRefreshed);
  commands_.ask({"SADD", keys_.instances, keys_.clients}, *this, kIgnored);
}

void Presence::leave() {
  commands_.ask({"DEL", keys_.clients}, *this, kIgnored);
  commands_.ask({"SREM", keys_.instances, keys_.clients}, *this, kIgnored);
}

void Presence::on_reply(uint64_t what, const RedisReply& reply) {
  if (what != kRefreshed || telling_all_) return;
  const bool gone =
      reply.kind() == RedisReply::Kind::kNumber && reply.number() == 0;
  if (gone || lost_some_) tell_all();
}

// Without a connection nothing is kept: then all is told anew.
void Presence::write() {
  if (!commands_.link().up()) return changed_.clear();
  for (size_t n = 0; n < kCommandsATurn && has_to_write(); ++n) write_some();
  if (!changed_.empty()) return;
  changed_.shrink_to_fit();
  if (telling_all_) finish_telling();
}

void Presence::finish_telling() {
  telling_all_ = false;
  commands_.ask({"RENAME", keys_.new_clients, keys_.clients}, *this, kIgnored);
  refresh();
}

void Presence::write_some() {
  const size_t count = std::min(kIdsACommand, changed_.size());
  const std::vector<std::string> ids(
      std::make_move_iterator(changed_.end() - static_cast<ptrdiff_t>(count)),
      std::make_move_iterator(changed_.end()));
  changed_.resize(changed_.size() - count);
  std::vector<std::string> counts;
  counts.reserve(count);  // so that its texts stay where they are
  const std::string& hash = telling_all_ ? keys_.new_clients : keys_.clients;
  std::vector<std::string_view> here{"HSET", hash};
  std::vector<std::string_view> gone{"HDEL", hash};
  constexpr size_t kWords = 2;  // of the command and its key
  for (const std::string& id : ids) {
    const size_t streams = hub_.subscriber_count(id);
    if (streams == 0) {
      gone.push_back(id);
      continue;
    }
    here.push_back(id);
    here.push_back(counts.emplace_back(fmt::to_string(streams)));
  }
  if (here.size() > kWords) commands_.ask(here, *this, kIgnored);
  if (gone.size() > kWords) commands_.ask(gone, *this, kIgnored);
}

}  // namespace rivulet::cluster
