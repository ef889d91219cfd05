package main

import (
	"reflect"

	"github.com/alecthomas/kong"
)

// settingGroups returns each group of settings that a subcommand embeds, once, as
// structs that the settings command embeds in its turn. Left out are those that it has
// by itself, and those of the command line, which every command has.
func settingGroups(line *commands) kong.Plugins {
	found := &groupFinder{seen: map[string]bool{}, inside: map[string]bool{}}
	found.visit(reflect.TypeOf(line.Settings))
	found.groups = nil
	for field := range reflect.TypeOf(*line).Fields() {
		if _, isCommand := field.Tag.Lookup("cmd"); isCommand {
			found.visit(field.Type)
		}
	}
	var groups kong.Plugins
	for _, field := range found.groups {
		if !found.inside[groupKey(field.Tag.Get("prefix"), field.Type)] {
			groups = append(groups, reflect.New(embedding(field)).Interface())
		}
	}
	return groups
}

// groupKey tells groups apart.
func groupKey(prefix string, t reflect.Type) string { return prefix + " " + t.String() }

// groupFinder collects the groups in commands.
type groupFinder struct {
	seen map[string]bool
	// inside are those that are a part of another one, which some commands read alone.
	inside map[string]bool
	groups []reflect.StructField
}

// visit looks through a command's struct and through those of the commands below it.
func (f *groupFinder) visit(command reflect.Type) {
	for field := range command.Fields() {
		if field.Type.Kind() != reflect.Struct {
			continue
		}
		_, isCommand := field.Tag.Lookup("cmd")
		_, isEmbedded := field.Tag.Lookup("embed")
		switch {
		case isEmbedded && field.Tag.Get("group") != "":
			f.add(field)
		case isCommand || isEmbedded || field.Anonymous:
			f.visit(field.Type)
		}
	}
}

func (f *groupFinder) add(field reflect.StructField) {
	prefix := field.Tag.Get("prefix")
	key := groupKey(prefix, field.Type)
	if f.seen[key] {
		return
	}
	f.seen[key] = true
	f.groups = append(f.groups, field)
	f.addParts(field.Type, prefix)
}

// addParts notes the groups that a group is made of.
func (f *groupFinder) addParts(group reflect.Type, prefix string) {
	for field := range group.Fields() {
		_, isEmbedded := field.Tag.Lookup("embed")
		if field.Type.Kind() == reflect.Struct && (isEmbedded || field.Anonymous) {
			part := prefix + field.Tag.Get("prefix")
			f.inside[groupKey(part, field.Type)] = true
			f.addParts(field.Type, part)
		}
	}
}

// embedding makes a struct type with the field alone, under its own tags.
func embedding(field reflect.StructField) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{Name: "Settings", Type: field.Type, Tag: field.Tag}})
}

// allSettings returns the settings of every command, each once, in the order of the
// commands.
func allSettings(root *kong.Node) []*kong.Flag {
	var settings []*kong.Flag
	seen := map[string]bool{}
	var visit func(node *kong.Node)
	visit = func(node *kong.Node) {
		for _, flag := range node.Flags {
			if isSetting(flag) && !seen[flag.Name] {
				seen[flag.Name] = true
				settings = append(settings, flag)
			}
		}
		for _, child := range node.Children {
			visit(child)
		}
	}
	visit(root)
	return settings
}

// settingReaders returns, for each setting, the top-level commands that read it, other
// than the settings command.
func settingReaders(root *kong.Node) map[string][]string {
	readers := map[string][]string{}
	for _, command := range root.Children {
		if command.Name == "settings" {
			continue
		}
		for _, flag := range allSettings(command) {
			readers[flag.Name] = append(readers[flag.Name], command.Name)
		}
	}
	return readers
}
