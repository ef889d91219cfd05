package local

import "os"

// account is the user that the server runs as: always ourselves.
type account struct{}

func (account) String() string { return "the current user" }

func serverAccount() (account, error) { return account{}, nil }

func (account) own(string) error { return nil }

func (account) mkdir(path string) error { return os.Mkdir(path, 0o700) }

func (account) mkdirReachable(path string) error { return os.MkdirAll(path, 0o700) }

func checkPrivate(string) error { return nil } // the temporary directory is the user's own
