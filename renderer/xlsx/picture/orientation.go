package picture

import "encoding/binary"

// Orientation is which way up a picture is stored, as EXIF numbers it.
type Orientation uint8

// The orientations are named for what must be done to the stored picture to see it
// right; turns are clockwise and come after the mirroring.
const (
	Upright Orientation = iota + 1
	Mirrored
	Turned180
	MirroredTurned180
	MirroredTurned270
	Turned90
	MirroredTurned90
	Turned270
)

// degrees is by how much the picture is turned.
func (o Orientation) degrees() int {
	switch o {
	case Turned180, MirroredTurned180:
		return 180
	case Turned90, MirroredTurned90:
		return 90
	case Turned270, MirroredTurned270:
		return 270
	}
	return 0
}

func (o Orientation) mirrored() bool {
	switch o {
	case Mirrored, MirroredTurned180, MirroredTurned270, MirroredTurned90:
		return true
	}
	return false
}

// sideways says that width and height change places.
func (o Orientation) sideways() bool { return o.degrees()%180 != 0 }

const (
	tagOrientation = 0x0112
	typeShort      = 3
	tagSize        = 12
)

// readEXIF takes the orientation from EXIF data, which are a TIFF file in small, in
// either order of bytes. What is wrong with them leaves the picture as it is stored, as
// programs do.
func (p *Picture) readEXIF(tiff []byte) {
	if len(tiff) < 8 {
		return
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return
	}
	directory := uint64(order.Uint32(tiff[4:]))
	if directory+2 > uint64(len(tiff)) {
		return
	}
	tags := tiff[directory+2:]
	for range order.Uint16(tiff[directory:]) {
		if len(tags) < tagSize {
			return
		}
		if order.Uint16(tags) == tagOrientation && order.Uint16(tags[2:]) == typeShort {
			p.orient(order.Uint16(tags[8:]))
			return
		}
		tags = tags[tagSize:]
	}
}

func (p *Picture) orient(value uint16) {
	if value >= uint16(Upright) && value <= uint16(Turned270) {
		p.Orientation = Orientation(value)
	}
}
