package main

// templatesCommand holds the commands about templates.
type templatesCommand struct {
	Inspect templatesInspectCommand `cmd:"" hidden:"" help:"Look at a file on standard input; other commands start this."`
}
