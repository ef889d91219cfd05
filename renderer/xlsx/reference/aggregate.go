package reference

// aggregates are the functions whose every argument may be a range that they
// make one value of. It is not changed.
var aggregates = map[string]bool{
	"SUM": true, "SUMSQ": true, "SUMPRODUCT": true, "PRODUCT": true, "SUBTOTAL": true, "AGGREGATE": true,
	"COUNT": true, "COUNTA": true, "COUNTBLANK": true, "ROWS": true,
	"AVERAGE": true, "AVERAGEA": true, "AVEDEV": true, "DEVSQ": true, "GEOMEAN": true, "HARMEAN": true,
	"MEDIAN": true, "MODE": true, "MODE.SNGL": true, "KURT": true, "SKEW": true, "SKEW.P": true,
	"MAX": true, "MAXA": true, "MIN": true, "MINA": true,
	"STDEV": true, "STDEVA": true, "STDEVP": true, "STDEVPA": true, "STDEV.S": true, "STDEV.P": true,
	"VAR": true, "VARA": true, "VARP": true, "VARPA": true, "VAR.S": true, "VAR.P": true,
	"AND": true, "OR": true, "XOR": true, "GCD": true, "LCM": true,
	"CONCAT": true, "TEXTJOIN": true,
}
