/*
 * The VBE graphics driver: one holder of the screen, who draws into the frame buffer himself.
 *
 * Here: the requests VIDEO_*, what they need to know across requests. Not here: whether that survives a crash (-> video.cpp:
 * it does; video_naive.cpp: it does not), the display's registers (-> display.h). Thesis 5.1.3.
 * Drawing needs no driver, and so a crash disturbs nobody; what the holder asks of the driver waits until it is back.
 */
#pragma once
#include "display.h"

/** Everything that a request leaves for the next one. The display itself knows its mode and where the screen begins. */
struct VideoState {
  L4_Word_t holder = x2::NIL_THREAD;
  /** Index of the mode that the holder has been given. */
  L4_Word_t mode = 0;
  /** The page that tells of the modes: made once, mapped by clients. */
  L4_Word_t* info = nullptr;
};

class VideoDriver : public ArcServer {
 public:
  explicit VideoDriver(volatile VideoState& state) : state_(state) {}
  status_t Initialize() override;
  status_t Exit() override;

 protected:
  status_t Service(const Request& request, Reply& reply) override;
  /** Gives the holder his frame buffer, again after a crash: where it lies is not kept, it is asked for again. */
  status_t Share(char*& base, L4_Word_t& pages);

  volatile VideoState& state_;

 private:
  status_t Info(const Request& request, Reply& reply);
  status_t Open(const Request& request, Reply& reply);
  status_t Close(const Request& request, Reply& reply);
  status_t Start(const Request& request, Reply& reply);
  status_t Palette(const Request& request, Reply& reply);
  bool Holds(const Request& request) const { return state_.holder == request.Sender().raw; }
};
