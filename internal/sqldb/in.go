package sqldb

import "strconv"

// In returns "$n, $n+1, …" and the arguments for a condition "col in (…)" over
// list. An empty list gives null, which nothing equals.
func In[T any](n int, list []T) (marks string, args []any) {
	if len(list) == 0 {
		return "null", nil
	}
	for i, v := range list {
		if i > 0 {
			marks += ", "
		}
		marks += "$" + strconv.Itoa(n+i)
		args = append(args, v)
	}
	return marks, args
}
