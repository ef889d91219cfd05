package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// settingHelp is the help of a flag: a setting's names its variable.
func settingHelp(value *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(value)
	if value.Flag == nil || !isSetting(value.Flag) {
		return help
	}
	return fmt.Sprintf("%s (%s)", strings.TrimSuffix(help, "."), variableName(value.Flag.Name))
}

// helpWithSecrets prints kong's help, then the secrets of the command: they have no
// flag that help could show.
func helpWithSecrets(options kong.HelpOptions, parsed *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, parsed); err != nil {
		return err
	}
	secrets := newTable("", "")
	for _, flag := range parsed.Flags() {
		if isSecret(flag) {
			secrets.add("  "+variableName(flag.Name), flag.Help)
		}
	}
	if len(secrets.rows) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(parsed.Stdout, "\nsecrets, by variable, by a file that VARIABLE%s names, or in the settings file\n", fileSuffix); err != nil {
		return err
	}
	return secrets.print(parsed.Stdout)
}
