//go:build !unix

package peak

import (
	"errors"
	"os"
)

// OfProcess returns 0: this system is not asked.
func OfProcess(*os.ProcessState) int64 { return 0 }

// OfSelf returns an error: this system is not asked.
func OfSelf() (int64, error) {
	return 0, errors.New("the memory of processes is read with getrusage, which this system has not")
}
