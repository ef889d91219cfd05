package xlsx

import "time"

// Excel counts days from 1899-12-31 as day 0, and believes that 1900 was a leap
// year: its day 60, 29 February 1900, never was. Times are fractions of a day.
const (
	secondsPerDay = 24 * 60 * 60
	// Seconds from 1970-01-01, all of them at 00:00.
	second1900    = -2208988800  // 1900-01-01
	secondMarch   = -2203891200  // 1900-03-01
	second10000   = 253402300800 // 10000-01-01, the first day that Excel refuses
	secondDayZero = second1900 - secondsPerDay
)

// serialOf gives the serial number of a wall clock in seconds since 1970. ok is
// false outside 1900–9999.
//
// The double nearest to the time is within half a microsecond of it until 2079
// and within a microsecond after; Excel itself goes by milliseconds, and nothing
// finer is passed here.
func serialOf(seconds int64, nsec int32) (serial float64, ok bool) {
	if seconds < second1900 || seconds >= second10000 {
		return 0, false
	}
	day := (seconds - secondDayZero) / secondsPerDay
	if seconds >= secondMarch {
		day++
	}
	rest := (seconds - secondDayZero) % secondsPerDay
	return float64(day) + fractionOfDay(time.Duration(rest)*time.Second+time.Duration(nsec)), true
}

func fractionOfDay(d time.Duration) float64 {
	return float64(d) / float64(24*time.Hour)
}

// elapsedSerial is the serial number of a duration. ok is false for a negative
// one, which Excel shows as "####". The longest time.Duration, 292 years, fits.
func elapsedSerial(d time.Duration) (serial float64, ok bool) {
	if d < 0 {
		return 0, false
	}
	return fractionOfDay(d), true
}

func timeOfDaySerial(d time.Duration) (serial float64, ok bool) {
	if d < 0 || d >= 24*time.Hour {
		return 0, false
	}
	return fractionOfDay(d), true
}
