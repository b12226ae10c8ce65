#include "cluster/redis_connection.h"

#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "os/foreign_socket.h"

#ifdef RIVULET_WITH_REDIS
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#endif

namespace rivulet::cluster {

#ifdef RIVULET_WITH_REDIS

bool can_speak_to_redis() {
  return true;
}

RedisReply::Kind RedisReply::kind() const {
  switch (reply_->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return Kind::kText;
    case REDIS_REPLY_INTEGER:
      return Kind::kNumber;
    case REDIS_REPLY_ARRAY:
      return Kind::kList;
    case REDIS_REPLY_ERROR:
      return Kind::kError;
    default:
      return Kind::kNothing;
  }
}

std::string_view RedisReply::text() const {
  const Kind is = kind();
  if (is != Kind::kText && is != Kind::kError) return {};
  return {reply_->str, static_cast<size_t>(reply_->len)};
}

int64_t RedisReply::number() const {
  return kind() == Kind::kNumber ? reply_->integer : 0;
}

size_t RedisReply::size() const {
  return kind() == Kind::kList ? reply_->elements : 0;
}

RedisReply RedisReply::at(size_t index) const {
  return RedisReply(reply_->element[index]);
}

struct RedisConnection::Hooks {
  static RedisConnection& self(void* data) {
    return *static_cast<RedisConnection*>(data);
  }
  static RedisConnection& self(const redisAsyncContext* context) {
    return self(context->data);
  }

  // While it writes, it asks again only because the socket is full.
  static void add_write(void* data) {
    RedisConnection& connection = self(data);
    if (connection.writing_) {
      connection.reactor_.set_interest(connection, os::Interest::kReadWrite);
    } else {
      connection.reactor_.flush_first(connection);
    }
  }
  static void delete_write(void* data) {
    RedisConnection& connection = self(data);
    connection.reactor_.set_interest(connection, os::Interest::kRead);
  }
  static void cleanup(void* data) {
    RedisConnection& connection = self(data);
    if (connection.lost_.empty()) {
      connection.lost_because(connection.context_->errstr);
    }
    connection.context_ = nullptr;
  }
  static void connected(const redisAsyncContext* context, int status) {
    if (status == REDIS_OK) self(context).client_.on_connected();
  }
  static void replied(redisAsyncContext* context, void* reply, void* /*data*/) {
    RedisConnection& connection = self(context);
    if (reply == nullptr || !connection.lost_.empty()) return;
    try {
      connection.client_.on_reply(
          RedisReply(static_cast<const redisReply*>(reply)));
    } catch (const std::bad_alloc&) {
      connection.lost_ = "no memory";
    }
  }
};

RedisConnection* RedisConnection::open(os::Reactor& reactor,
                                       const RedisAddress& address,
                                       const std::string& ip,
                                       RedisClient& client,
                                       std::string& problem) {
  std::unique_ptr<redisAsyncContext, decltype(&redisAsyncFree)> context(
      address.path.empty() ? redisAsyncConnect(ip.c_str(), address.port)
                           : redisAsyncConnectUnix(address.path.c_str()),
      redisAsyncFree);
  if (context == nullptr) throw std::bad_alloc();
  if (context->err != 0) {
    problem = context->errstr;
    return nullptr;
  }
  std::unique_ptr<RedisConnection> connection(
      new RedisConnection(reactor, client, context.get()));
  static_cast<void>(context.release());  // it is the connection's now
  const int fd = connection->watched_.get();
  RedisConnection* const opened = connection.get();
  if (fd < 0 || !reactor.watch(fd, std::move(connection))) {
    problem = "no descriptor is left";
    return nullptr;
  }
  reactor.set_interest(*opened, os::Interest::kReadWrite);  // until connected
  return opened;
}

RedisConnection::RedisConnection(os::Reactor& reactor, RedisClient& client,
                                 redisAsyncContext* context)
    : reactor_(reactor),
      client_(client),
      context_(context),
      watched_(os::watchable_copy(context->c.fd)) {
  context_->data = this;
  context_->ev.data = this;
  context_->ev.addWrite = Hooks::add_write;
  context_->ev.delWrite = Hooks::delete_write;
  context_->ev.cleanup = Hooks::cleanup;
  redisAsyncSetConnectCallback(context_, Hooks::connected);
}

RedisConnection::~RedisConnection() {
  lost_ = "closed";  // no reply counts any more
  if (context_ != nullptr) redisAsyncFree(context_);
}

void RedisConnection::send(std::span<const std::string_view> command) {
  if (context_ == nullptr || !lost_.empty()) return;
  std::vector<const char*> words(command.size());
  std::vector<size_t> sizes(command.size());
  for (size_t i = 0; i < command.size(); ++i) {
    words[i] = command[i].data();
    sizes[i] = command[i].size();
  }
  const int status = redisAsyncCommandArgv(context_, Hooks::replied, nullptr,
                                           static_cast<int>(command.size()),
                                           words.data(), sizes.data());
  if (status != REDIS_OK) give_up("no memory");
}

void RedisConnection::on_readable() {
  if (context_ != nullptr && lost_.empty()) redisAsyncHandleRead(context_);
  end_if_lost();
}

void RedisConnection::on_writable() {
  write();
}

void RedisConnection::on_flush() {
  write();
}

void RedisConnection::write() {
  writing_ = true;
  if (context_ != nullptr && lost_.empty()) redisAsyncHandleWrite(context_);
  writing_ = false;
  end_if_lost();
}

#else

bool can_speak_to_redis() {
  return false;
}

RedisReply::Kind RedisReply::kind() const {
  return Kind::kNothing;
}
std::string_view RedisReply::text() const {
  return {};
}
int64_t RedisReply::number() const {
  return 0;
}
size_t RedisReply::size() const {
  return 0;
}
RedisReply RedisReply::at(size_t /*index*/) const {
  return *this;
}

RedisConnection* RedisConnection::open(os::Reactor&, const RedisAddress&,
                                       const std::string&, RedisClient&,
                                       std::string& problem) {
  problem = "this build does not speak to Redis";
  return nullptr;
}
RedisConnection::~RedisConnection() = default;
void RedisConnection::send(std::span<const std::string_view>) {}
void RedisConnection::on_readable() {}
void RedisConnection::on_writable() {}
void RedisConnection::on_flush() {}

#endif

void RedisConnection::give_up(std::string reason) {
  if (lost_.empty()) lost_ = std::move(reason);
  reactor_.flush_first(*this);
}

void RedisConnection::lost_because(const char* reason) {
  try {
    lost_ = reason != nullptr && *reason != '\0' ? reason : "closed";
  } catch (const std::bad_alloc&) {
    lost_ = "no memory";  // which fits in place
  }
}

void RedisConnection::on_no_memory() {
  give_up("no memory");
}

void RedisConnection::end_if_lost() {
  if (lost_.empty() || os::Reactor::retired(*this)) return;
  reactor_.retire(*this);
  client_.on_lost(lost_);
}

}  // namespace rivulet::cluster
