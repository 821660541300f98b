// What the environment and cuemuControl() set.
#pragma once

#include <cstddef>
#include <string>

namespace cuemu {

struct Settings {
  int devices = 1;
  int driverVersion = 12080;
  /** Compute capability, 80 for 8.0. */
  int arch = 80;
  /** Bytes of each device. */
  size_t memory = size_t(4) << 30;
  /** Bytes of a device that a library, a module or page-locked memory must find free. */
  size_t libraryMemory = 0;
  /** Operations run only when something waits for them. */
  bool lazy = false;
  /** Last thread and last block first. */
  bool reverse = false;
  /** New and shared memory is filled with NaN. */
  bool poison = true;
  /** A barrier that part of a block left out by returning is an error. */
  bool strict = true;
  /** Where the counters go at exit; `%p` stands for the process id. */
  std::string stats;
  /** A file that a process locks for each device, as in the compute mode EXCLUSIVE_PROCESS. */
  std::string exclusive;
};

Settings& settings();

/** One word `name=value`; false where it is unknown. */
bool applySetting(const std::string& name, const std::string& value);

/** Words apart by white space. */
bool applySettings(const std::string& words);

/** The environment, once. */
void readEnvironment();

/** Reads the file of CUEMU_CONTROL again where it changed. */
void pollControlFile();

}  // namespace cuemu
