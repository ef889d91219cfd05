// Package intaketest makes files for tests of package intake and of what stands before a
// template: a plain form, and hostile or unfit files, each with the cause that it is to
// be refused for. All are made by code, none lies in the repository.
package intaketest
