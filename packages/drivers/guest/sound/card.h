/*
 * A Sound Blaster 16 and the 8237A that feeds it.
 *
 * Here: reset, playing round and round a buffer of two blocks, pause, where it is, volume. Not here: clients and what
 * survives a crash (-> driver.h). Every function but Play may be broken off anywhere and called again with the same result;
 * what Play has sent of its commands, only a Reset takes back.
 * Creative Labs, Sound Blaster Series Hardware Programming Guide, chapters 2 to 6; Intel 8237A data sheet.
 */
#pragma once
#include "arc_server.h"
#include "io.h"

namespace card {

/** What is played. A block is half of the buffer. */
struct Format {
  L4_Word_t rate;        ///< frames per second
  L4_Word_t mode;        ///< arc::SOUND_MODE_*
  L4_Word_t blockBytes;  ///< of one block
};

/** Stops everything and brings the DSP to where it takes commands, whatever it was doing. False: there is no card. */
bool Reset();
/** Sets the card to the interrupt and the channels that are used here. */
void Select();
/** Gives the DMA controller the buffer of two blocks at `physical`, to be read round and round. */
void Prepare(const Format& format, L4_Word_t physical);
/** After Reset and Prepare: plays for ever, an interrupt at each block's end. */
void Play(const Format& format);
/** After Prepare: whether the last byte of Play has reached the card. Takes up to 10 ms when it has not. */
bool IsPlaying(const Format& format);
void Pause(const Format& format);
void Continue(const Format& format);
/** Takes the interrupt back. */
void Acknowledge(const Format& format);
/** Bytes from the buffer's beginning to what the card takes next; the FIFO is ahead of what is heard. */
L4_Word_t Position(const Format& format);
/** Volume of what is played; the upper five bits of a byte count. */
void SetVolume(L4_Word_t left, L4_Word_t right);
void GetVolume(L4_Word_t& left, L4_Word_t& right);

}  // namespace card
