#include "client.h"

#include <algorithm>
#include <utility>

namespace rivulet::sim {
namespace {

Role draw_role(Random& random) {
  const size_t percent = random.below(100);
  if (percent < 55) return Role::kSubscriber;
  if (percent < 80) return Role::kPublisher;
  if (percent < 84) return Role::kFlooder;
  if (percent < 87) return Role::kSlowloris;
  if (percent < 90) return Role::kSilent;
  return Role::kToucher;
}

Reading draw_reading(Random& random) {
  const size_t percent = random.below(100);
  if (percent < 75) return Reading::kEager;
  return percent < 90 ? Reading::kSlow : Reading::kStuck;
}

Leaving draw_leaving(Random& random) {
  const size_t percent = random.below(100);
  if (percent < 50) return Leaving::kStays;
  if (percent < 65) return Leaving::kHalfCloses;
  if (percent < 80) return Leaving::kCloses;
  return percent < 95 ? Leaving::kResets : Leaving::kVanishes;
}

}  // namespace

ClientPlan ClientPlan::drawn_from(Random& random, size_t ids,
                                  base::Duration at_most) {
  constexpr size_t kSmallest = 64;
  constexpr size_t kLargest = 65'536;
  constexpr size_t kGroups = 5;
  ClientPlan plan;
  plan.role = draw_role(random);
  plan.reading = draw_reading(random);
  plan.leaving = draw_leaving(random);
  plan.lifetime =
      milliseconds(random.between(0, static_cast<size_t>(at_most.count())));
  plan.id = random.below(ids);
  plan.requests = random.of_any_size(1, 60);
  plan.pipeline = random.of_any_size(1, 8);
  if (random.chance(0.05)) {
    plan.requests = plan.pipeline = kBurst;
  }
  plan.up_capacity = random.of_any_size(kSmallest, kLargest);
  plan.down_capacity = random.of_any_size(kSmallest, kLargest);
  plan.group = random.below(kGroups);
  plan.http10 = random.chance(0.15);
  plan.anonymous = random.chance(0.2);
  plan.posts = random.chance(0.5);
  plan.dawdles = plan.posts && random.chance(0.2);
  if (plan.role == Role::kFlooder) {
    plan.requests = plan.pipeline = random.between(20, 120);
    plan.down_capacity = std::max(plan.down_capacity, size_t{4'096});
  }
  if (plan.role == Role::kSlowloris) plan.requests = 1;
  if (plan.role == Role::kToucher) plan.lifetime = base::Duration(0);
  return plan;
}

Client::Client(Surroundings& world, Random random, const ClientPlan& plan)
    : world_(world),
      random_(random),
      plan_(plan),
      since_(world.kernel.now()),
      stuck_after_(random_.of_any_size(0, 2'000)) {}

std::optional<base::Duration> Client::step() {
  if (left_) return std::nullopt;
  if (link_ == nullptr) {
    connect();
    if (link_ == nullptr) {
      left_ = true;
      return std::nullopt;
    }
  }
  const size_t read_now = read();
  const bool over = link_->client_reset ||
                    (link_->down.finished() && link_->down.size() == 0);
  if (over) {
    if (!link_->client_closed) world_.kernel.close_client(*link_);
    left_ = true;
    return std::nullopt;
  }
  if (!half_closed_ && outbox_.empty()) compose();
  const size_t sent_now = half_closed_ ? 0 : send();
  const bool time_is_up =
      !world_.settling && world_.kernel.now() - since_ >= plan_.lifetime;
  if (time_is_up && plan_.leaving != Leaving::kStays && !half_closed_) leave();
  if (left_) return std::nullopt;
  return pause(read_now + sent_now > 0);
}

void Client::connect() {
  link_ = world_.kernel.connect(plan_.up_capacity, plan_.down_capacity,
                                plan_.group);
  if (link_ == nullptr) return;
  conversation_ =
      std::make_unique<Conversation>(*link_, world_.roster, world_.journal);
}

bool Client::reads_eagerly() const {
  if (plan_.role == Role::kFlooder && !world_.settling) {
    return outbox_.empty() && plan_.requests == 0;
  }
  return plan_.reading == Reading::kEager ||
         (world_.settling && plan_.reading == Reading::kSlow);
}

size_t Client::read() {
  size_t most = link_->down.size();
  if (!reads_eagerly()) most = std::min(most, random_.of_any_size(0, 200));
  if (plan_.reading == Reading::kStuck && received_ >= stuck_after_) most = 0;
  const size_t size = world_.kernel.receive(*link_, most);
  received_ += size;
  if (size > 0) world_.journal.note("client reads", link_->number, size);
  return size;
}

size_t Client::send() {
  if (outbox_.empty()) return 0;
  size_t size = outbox_.size();
  if (plan_.role == Role::kSlowloris) {
    size = 1;
  } else if (random_.chance(0.5)) {
    size = random_.of_any_size(1, size);
  }
  size = world_.kernel.send(*link_, std::string_view(outbox_).substr(0, size));
  outbox_.erase(0, size);
  return size;
}

void Client::add(Request request) {
  if (request.closes && !request.malformed && random_.chance(0.8)) {
    plan_.requests = 0;  // else it goes on, and is not heard
  }
  world_.journal.note_bytes("client composes", link_->number, request.bytes);
  outbox_ += request.bytes;
  conversation_->add(std::move(request));
}

void Client::compose() {
  const bool asks_again =
      conversation_->take_sent_away() && !plan_.http10 && random_.chance(0.7);
  if (asks_again) plan_.requests = 1;
  if (plan_.requests == 0 || world_.settling || world_.roster.draining) {
    if (plan_.role != Role::kProbe) return;
  }
  RequestMaker& make = world_.requests;
  switch (plan_.role) {
    case Role::kSubscriber:
      return compose_subscriber();
    case Role::kPublisher:
      return compose_publisher();
    case Role::kFlooder:
      while (plan_.requests > 0) {
        --plan_.requests;
        add(make.page_file());
      }
      return;
    case Role::kSlowloris:
      plan_.requests = 0;
      return add(make.harmless());
    case Role::kProbe:
      if (plan_.requests == 0) return;
      plan_.requests = 0;
      return add(make.clients());
    case Role::kSilent:
    case Role::kToucher:
      return;
  }
}

void Client::compose_publisher() {
  RequestMaker& make = world_.requests;
  const bool bursts = plan_.pipeline == ClientPlan::kBurst;
  while (plan_.requests > 0 && conversation_->unanswered() < plan_.pipeline) {
    --plan_.requests;
    const size_t percent = random_.below(100);
    if (bursts || percent < 75) {
      add(publish(bursts ? 0.1 : 0.6));
    } else if (percent < 83) {
      add(make.clients());
    } else if (percent < 98) {
      add(make.harmless());
    } else {
      add(make.malformed());
    }
  }
}

void Client::compose_subscriber() {
  RequestMaker& make = world_.requests;
  plan_.requests = 0;
  if (world_.roster.rules.congested) return add(stream(false));
  while (random_.chance(0.15)) add(make.harmless());
  if (random_.chance(0.1)) add(make.publish(0.5));
  add(stream(plan_.http10));
  // What a stream has no use for.
  if (random_.chance(0.05)) add(make.page_file());
  if (random_.chance(0.01)) {
    add(make.bulky());
    add(make.bulky());
  }
}

Request Client::publish(double to_one) {
  RequestMaker& make = world_.requests;
  if (world_.roster.rules.congested) to_one = 0;
  if (!plan_.posts || random_.chance(0.4)) return make.publish(to_one);
  return random_.chance(0.5) ? make.publish_body(to_one)
                             : make.publish_events(to_one);
}

Request Client::stream(bool http10) {
  const size_t id = plan_.anonymous ? Audience::kNoClient : plan_.id;
  return world_.requests.stream(id, http10, last_seen());
}

// An event that somebody has got, itself or not; or nothing at all; or what
// nobody has ever sent it.
std::optional<LastSeen> Client::last_seen() {
  const EventLog& log = world_.roster.log();
  if (world_.roster.rules.congested || random_.chance(0.4)) return std::nullopt;
  const size_t percent = random_.below(100);
  if (percent < 15) return LastSeen{"0", "0", true};
  if (percent < 30 || !log.has_history()) {
    return world_.requests.strange_id(log.rules().epoch);
  }
  uint64_t sequence = 0;
  if (plan_.last_sequence != 0 && random_.chance(0.7)) {
    sequence = plan_.last_sequence;
  } else if (log.size() > 0) {
    const size_t back = random_.of_any_size(1, log.size());
    sequence = log.at(static_cast<uint32_t>(log.size() - back)).sequence;
    if (back == 1 && random_.chance(0.2)) ++sequence;
  }
  const std::string text = log.id_text(sequence);
  return LastSeen{text, text, false, sequence};
}

void Client::leave() {
  switch (plan_.leaving) {
    case Leaving::kStays:
      return;
    case Leaving::kHalfCloses:
      if (plan_.reading == Reading::kStuck) plan_.reading = Reading::kSlow;
      half_closed_ = true;
      return world_.kernel.half_close(*link_);
    case Leaving::kCloses:
      world_.kernel.close_client(*link_);
      break;
    case Leaving::kResets:
      world_.kernel.reset(*link_);
      break;
    case Leaving::kVanishes:
      world_.journal.note("client vanishes", link_->number);
      break;
  }
  left_ = true;
}

// Quick while something happens, slower and slower while nothing does.
base::Duration Client::pause(bool something_happened) {
  constexpr base::Duration kLongest{300};
  if (plan_.role == Role::kSlowloris) {
    return milliseconds(random_.of_any_size(1, 2'000));
  }
  if (plan_.dawdles && !outbox_.empty() && !world_.settling &&
      random_.chance(0.3)) {
    return milliseconds(random_.of_any_size(1, 15'000));
  }
  if (something_happened) backoff_ = base::Duration(1);
  const base::Duration longest = world_.settling ? kLongest / 6 : kLongest;
  backoff_ = std::min(backoff_ * 2, longest);
  if (!reads_eagerly()) return backoff_ * 4;
  return milliseconds(
      random_.between(0, static_cast<size_t>(backoff_.count())));
}

bool Client::healthy() const {
  return link_ != nullptr && !left_ && !half_closed_ && !link_->client_reset &&
         !link_->server_reset && reads_eagerly() &&
         plan_.role != Role::kSlowloris && !conversation_->unchecked();
}

bool Client::settled() const {
  if (!healthy() || conversation_->gone()) return true;
  return outbox_.empty() && conversation_->all_written() &&
         conversation_->unanswered() == 0 && link_->down.size() == 0 &&
         link_->up.size() == 0;
}

}  // namespace rivulet::sim
