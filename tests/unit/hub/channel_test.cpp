// Tests hub/channel.h: a channel lives while somebody refers to it.
#include "hub/channel.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/receiver.h"

namespace rivulet::hub {
namespace {

using test::Receiver;

TEST_CASE("a channel is one for all who open its name") {
  ChannelDirectory directory;
  CHECK(directory.find("news") == nullptr);
  const ChannelRef one = directory.open("news");
  const ChannelRef other = directory.open("news");
  CHECK(one.get() == other.get());
  CHECK(directory.find("news") == one.get());
  CHECK(one->name == "news");
  CHECK(directory.open("new").get() != one.get());
  CHECK(directory.size() == 1);
}

TEST_CASE("a channel is gone with the last reference") {
  ChannelDirectory directory;
  {
    const ChannelRef one = directory.open("news");
    { const ChannelRef other = one; }
    CHECK(directory.size() == 1);
  }
  CHECK(directory.size() == 0);
  CHECK(directory.find("news") == nullptr);
}

TEST_CASE("a member keeps its channel, and leaves it when it dies") {
  ChannelDirectory directory;
  Receiver receiver;
  {
    Membership membership;
    CHECK(membership.channel() == nullptr);
    membership.join(directory.open("news"), receiver);
    CHECK(directory.size() == 1);
    CHECK(membership.channel() == directory.find("news"));
    CHECK(&membership.subscriber() == &receiver);
    CHECK(membership.channel()->count == 1);
  }
  CHECK(directory.size() == 0);
}

TEST_CASE("a member that leaves leaves the others") {
  ChannelDirectory directory;
  Receiver receiver;
  std::vector<Membership> members(3);
  for (Membership& member : members) {
    member.join(directory.open("news"), receiver);
  }
  members[1].leave();
  members[1].leave();
  const Channel* channel = directory.find("news");
  REQUIRE(channel != nullptr);
  CHECK(channel->count == 2);
  size_t visited = 0;
  channel->members.for_each([&](const Membership&) { ++visited; });
  CHECK(visited == 2);
  members[0].leave();
  members[2].leave();
  CHECK(directory.size() == 0);
}

TEST_CASE("a member may come again, to another channel") {
  ChannelDirectory directory;
  Receiver receiver;
  Membership membership;
  membership.join(directory.open("a"), receiver);
  membership.leave();
  CHECK(membership.channel() == nullptr);
  membership.join(directory.open("b"), receiver);
  CHECK(membership.channel()->name == "b");
  CHECK(directory.size() == 1);
}

TEST_CASE("a reference keeps a channel without members, where it is") {
  ChannelDirectory directory;
  Receiver receiver;
  const ChannelRef kept = directory.open("a name that no small string holds");
  {
    Membership membership;
    membership.join(kept, receiver);
  }
  std::vector<ChannelRef> others;
  for (int n = 0; n < 1'000; ++n) {
    others.push_back(directory.open(std::to_string(n)));
  }
  CHECK(kept->count == 0);
  CHECK(directory.open("a name that no small string holds").get() ==
        kept.get());
  CHECK(kept->name == "a name that no small string holds");
}

}  // namespace
}  // namespace rivulet::hub
