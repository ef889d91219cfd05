package jetsheet

import "encoding/base64"

// The names under which JetStream keeps KV buckets and object stores: the layout of
// the nats.go library, so that its commands and `nats object` work on them.

// BucketStream is the stream of a KV bucket.
func BucketStream(bucket string) string { return "KV_" + bucket }

// StoreStream is the stream of an object store.
func StoreStream(store string) string { return "OBJ_" + store }

// EntrySubject is where a KV bucket keeps a key. Outside the default API prefix an
// entry is written through that prefix.
func EntrySubject(bucket, key string) string { return "$KV." + bucket + "." + key }

// ObjectToken is the token under which a store keeps the meta of an object: base64 of
// its name, so that a name may hold anything.
func ObjectToken(object string) string {
	return base64.URLEncoding.EncodeToString([]byte(object))
}

// ObjectMetaSubject holds the meta of an object.
func ObjectMetaSubject(store, object string) string {
	return "$O." + store + ".M." + ObjectToken(object)
}

// ObjectChunkSubject holds the chunks of an object. nuid is in the object's meta; it
// comes with a message, so check it with [ValidNUID] first.
func ObjectChunkSubject(store, nuid string) string { return "$O." + store + ".C." + nuid }

// WholeObjectSubjects matches the meta and the chunk of a workbook of one chunk, whose
// nuid is the token of its name.
func WholeObjectSubjects(store, object string) string {
	return "$O." + store + ".*." + ObjectToken(object)
}

// ValidNUID says whether a nuid is one token of a subject, wildcards excluded.
func ValidNUID(nuid string) bool {
	for i := range len(nuid) {
		if c := nuid[i]; !plainByte(c) && c != '=' {
			return false
		}
	}
	return nuid != ""
}
