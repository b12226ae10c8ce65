#include "cluster/fence.h"

#include <fmt/format.h>

#include "base/text.h"

namespace rivulet::cluster {

void Fence::begin() {
  commands_.ask({"CLIENT", "SETNAME", name_}, *this, kIgnored);
  commands_.ask({"CLIENT", "ID"}, *this, kNumber);
}

void Fence::on_reply(uint64_t what, const RedisReply& reply) {
  if (what == kNumber) {
    look_for_others(fmt::to_string(reply.number()));
  } else if (what == kList) {
    end_ours(reply.text());
    owner_.on_fenced();
  }
}

void Fence::look_for_others(const std::string& own) {
  std::erase(known_, own);
  if (known_.empty()) {
    owner_.on_fenced();
  } else {
    std::vector<std::string_view> command{"CLIENT", "LIST", "ID"};
    command.insert(command.end(), known_.begin(), known_.end());
    commands_.ask(command, *this, kList);
  }
  if (known_.size() == kMostKnown) known_.erase(known_.begin());
  known_.push_back(own);
}

// A line for each: "id=7 addr=127.0.0.1:50000 … name=rivulet-5f0c … cmd=xadd".
void Fence::end_ours(std::string_view list) {
  const std::string ours = fmt::format(" name={} ", name_);
  while (!list.empty()) {
    std::string_view line = base::take_until(list, '\n');
    if (line.find(ours) == std::string_view::npos) continue;
    std::string_view field = base::take_until(line, ' ');
    base::take_until(field, '=');
    commands_.ask({"CLIENT", "KILL", "ID", field}, *this, kIgnored);
  }
}

}  // namespace rivulet::cluster
