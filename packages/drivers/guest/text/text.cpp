/*
 * The text-screen server: a terminal's output on a VGA, exact when it crashes.
 *
 * Here: its protocol (TEXT_WRITE) and Recover: the screen is persistent, and is drawn again. Not here: what bytes do to the
 * screen (-> screen.h), the display (-> display.h), what is claimed (-> packages/drivers/README.md).
 */
#include "arc_server.h"
#include "display.h"

namespace {

class TextServer final : public ArcServer {
 public:
  status_t Initialize() override { return Show(); }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t, const Frame&) override { return Show(); }

 protected:
  status_t Service(const Request& request, Reply& reply) override;

 private:
  status_t Write(const Request& request, Reply& reply);
  /** Where the display's memory is mapped is not kept: it is asked for again. */
  static status_t Show() {
    const status_t status = display::Map();
    if (status != arc::STATUS_OK) return status;
    display::ShowAll();
    display::ShowCursor();
    return status;
  }
};

BEGIN_HANDLERS(TextServer)
CONNECT_HANDLER(arc::TEXT_WRITE, Write)
END_HANDLERS

status_t TextServer::Write(const Request& request, Reply& reply) {
  const volatile unsigned char* bytes;
  L4_Word_t count;
  if (!request.GetBytes(bytes, count)) return arc::STATUS_INVALID;
  bool scrolled = false;
  for (L4_Word_t n = screen::Begin(request.Sequence()); n < count; n++)
    scrolled |= screen::Put(bytes[n], display::ShowCell);
  if (scrolled) display::ShowAll();
  display::ShowCursor();
  reply.Put(count);
  return arc::STATUS_OK;
}

}  // namespace

extern "C" int arc_main(int, char**) {
  static TextServer server;
  ArcServer::Run(server);
}
