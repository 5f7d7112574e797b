package notice

// What an answer by SMS may ask for.
const (
	AnswerRate     = "rate"
	AnswerUnsolved = "unsolved"
	AnswerWithdraw = "withdraw"
	AnswerStop     = "stop"
	AnswerAdd      = "add" // any other words
)

// Answer is one answer by SMS. Which words mean it is the city's to say, in the
// setting of that name.
type Answer struct {
	Name    string // of the setting
	Initial string // words separated by commas, while nothing is set
	Deed    string
	Stars   int64 // of a grade
}

// Answers are all of them, in the order of their page.
var Answers = []Answer{
	{"reply.5", "5,非常满意", AnswerRate, 5}, {"reply.4", "4,满意", AnswerRate, 4}, {"reply.3", "3,基本满意", AnswerRate, 3}, {"reply.2", "2,不满意", AnswerRate, 2}, {"reply.1", "1,非常不满意", AnswerRate, 1},
	{"reply.unsolved", "0,没解决,未解决,没有解决,没办好,没修好", AnswerUnsolved, 0}, {"reply.withdraw", "撤回,撤销,不用办了", AnswerWithdraw, 0}, {"reply.stop", "TD,退订", AnswerStop, 0},
}
