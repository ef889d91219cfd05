// Command xlsx compares writers of Excel workbooks: the same rows, photos or forms, each writer in a
// process of its own, CPU time and peak memory of the whole process, in rounds that
// take every writer once so that what else the machine does falls on all alike.
//
//	go run ./deploy/bench/xlsx
//
// It prints Markdown. Writers that the machine does not have are named as absent:
// libxlsxwriter (its header and a C compiler), XlsxWriter and openpyxl (python3).
package main
