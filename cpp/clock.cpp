#include "clock.hpp"

namespace tflops {

ClockCalibration calibrate_clock() { return calibrate_clock(&Clock::now); }

}  // namespace tflops
