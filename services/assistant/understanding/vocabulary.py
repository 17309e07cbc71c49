"""The words people use, by what they speak of. Lower case; a space also stands for none in Korean."""

from __future__ import annotations

from services.assistant.understanding.phrases import any_of, compiled

BRIEFING = any_of(
    "브리핑",
    "ㅂㄹㅍ",
    "briefings?",
    "daily (?:digest|summary|update|brief)",
    "(?:today's|morning's|the|my|morning) brief",
    "digest",
    "summary",
    "요약",
)
MAIL = any_of(
    "이메일", "지메일", "메일함", "받은 편지함", "메일", "편지", "g ?mail", "e?mails?", "inbox", "messages?"
)  # fmt: skip
EVENT = any_of(
    "일정", "스케줄", "캘린더", "달력", "회의", "미팅", "약속", "calendar", "schedule", "meetings?",
    "events?", "appointments?", "agenda", "1 ?: ?1", "1on1", "one-on-ones?", "원온원", "stand-?ups?",
    "interviews?", "면담", "calls?(?! (?:me|him|her|you|them))", "plans?",
)  # fmt: skip
GOOGLE = any_of(
    "구글", "지메일", "google", "g ?mail", "메일", "이메일", "e?mail", "캘린더", "일정", "calendar",
)  # fmt: skip

# Politeness, and what people put around a request; it never changes what is asked for.
REQUESTED = any_of(
    "요청(?:해요?|합니다|드립니다|드려요)?", "주세[용여염욤]", "줘[용여염욤잉]", "주삼", "can we(?: do)?",
    "could we(?: do)?", "let's do",
    "줘요?", "줄래요?", "줄래용", "플리즈", "플리스", "주세요", "주셔요", "주십쇼", "주시죠",
    "주시길(?: ?바랍니다)?", "줘 ?봐요?", "줄 ?거지",
    "(?:주|주시|줬으|주셨으)면 ?(?:정말 ?|너무 ?)*(?:좋겠(?:어요?|습니다|는데요?|다|네요?)"
    "|감사(?:하겠습니다|해요|합니다)"
    "|고맙겠(?:어요?|습니다)|안 ?(?:될까요?|되나요?|돼요?|되니|될지요))",
    "주실 ?수 ?있(?:으세요|으실까요|을지요?)",
    "주실 ?수 ?있나", "싶(?:어서요?|네요?|당|은뎅)", "하려고(?:요|합니다|해요)?", "하겠습니다", "할려고요?",
    "부탁 ?(?:좀|할게요?|하겠습니다|드리겠습니다|드려도 ?될까요|드립니당)", "받아 ?볼 ?수 ?있을까요?",
    "can i (?:please )?(?:get|have|receive)",
    "(?:can|could|any chance) (?:my |the |daily )*briefings? (?:can |could )?"
    "(?:come|arrive|be (?:sent|delivered))(?=.*instead)",
    "싶은데요? ?(?:혹시 ?)?가능(?:해요?|할까요?|한가요?|할지요?)?",
    "do you mind", "mind", "could i (?:please )?(?:get|have|receive)",
    "i(?: would)? prefer(?: to| it| that| if)?", "i would rather(?: have| get| receive)?",
    "would it be possible to", "(?:is there )?any chance (?:that )?you (?:could|can|would|might)",
    "i would (?:love|appreciate)(?: to| it)?(?: if you could)?", "i want to", "i would like it(?: if you)?",
    "it would be (?:great|nice|good) if you (?:could|can)", "can we make it", "feel free to", "go ahead and",
    "주십시오", "주이소", "주십사(?: ?합니다| ?하고요?| ?해서요?)?", "주시겠어요", "주실래요",
    "주실 ?수 ?있(?:나요|을까요|어요)", "주라", "주셈", "줄 ?수 ?있(?:어요?|나요?|니|을까요?)",
    "줬으면 ?(?:좋겠어요?|해요?|합니다)", "부탁(?:해요?|드려요|드립니다|드릴게요)?", "싶어요?",
    "싶습니다", "싶은데요?", "바랍니다", "바라요", "ㄱㄱ", "고고", "받을 ?수 ?있을까요?", "될까요?",
    "가능할까요?", "가능한가요?", "can you", "could you", "would you", "will you", "please",
    "i want(?: you)?(?: to)?", "i would like(?: you)?(?: to)?", "would you mind", "let's",
    "i need(?: you)?(?: to)?",
)  # fmt: skip
_ENDINGS = any_of(
    "여", "염", "욤", "용용",
    "해요?", "주", "하자", "하고", "할래요?", "할게요?", "하세요", "세요", "십시오", "고(?= ?싶)", "해라",
    "합니다", "요", "용", "좀", "제발", "그냥", "혹시", "이제", "일단", "저기", "그럼", "네", "응", "넵",
    "잠깐만?", "당분간", "고요", "구요", "그리고", "근데", "그런데", "오케이", "알겠(?:어요?|습니다)",
    "네네", "넹", "ㅇㅇ", "ㅇㅋ", "님", "꼭", "얼른",
    "(?<![가-힣])(?:아|어|오|음|자|예|그래|진짜)(?![가-힣])",
    "은", "는", "을", "를", "이", "가", "도", "만", "로", "으로", "에", "의",
)  # fmt: skip
_AROUND_EN = any_of(
    "my", "the", "a", "an", "me", "it", "them", "to", "for", "of", "at", "on", "just", "now", "right now",
    "ok(?:ay)?", "so", "thanks", "thank you", "hey", "hi", "hello", "there", "kindly", "then", "that",
    "this", "and", "again please", "robeing", "oh", "um", "well", "actually", "alright", "sure", "yo", "yes",
    "yeah", "yep",
    "also", "some", "there", "bot", "dear", "guys", "asap", "thx", "lol", "haha", "but",
)  # fmt: skip
POLITE = (
    any_of("로빙(?:아|이|님)?", "안녕하세요", "안녕", "고마워요?", "감사합니다")
    + "|"
    + "|".join((REQUESTED, _ENDINGS, _AROUND_EN))
)

NEGATED = compiled(
    "지 ?(?:마|말|않)", "하지 ?마", "말아", "말고",
    "(?<![가-힣])안 ?(?:해|할|바|끊|지|보|찾|돼|되|와|옴)", "(?<![가-힣])못", "아니", "don't", "do not",
    "not", "never", "no need", "without", "shouldn't", "didn't", "doesn't", "isn't",
)  # fmt: skip
# What this assistant cannot do to mail and calendars.
WRITES = compiled(
    "(?<!은)(?<!은[ ])(?<!온)(?<!온[ ])(?:메일|답장|회신|메시지|문자|디엠)(?:을|를|이나|도)? ?"
    "(?:좀 ?|하나 ?|한 ?통 ?|짧게 ?|대신 ?)*"
    "(?:보내(?! ?(?:줬|준|신|온|는|주신|왔))|써|쓰|작성|전달|발송|남겨)",
    "(?<![나저])(?:에게|한테|께)(?! ?서| ?[온왔받]).{0,40}?(?:보내(?! ?(?:줬|준|신|온|는|주신|왔))|전달"
    "|포워드|답장|회신|전해"
    "|써 ?줘|(?<=고[ ])(?:말|알려|얘기|이야기))",
    "전달 ?해 ?줘", "포워드", "빼 ?[줘주]", "자동 ?(?:답장|회신)", "알람", "깨워", "리마인드",
    "(?:일정|회의|미팅|약속)(?:을|를)? ?(?:좀 ?|하나 ?)*(?:넣|생성|비워|잡(?![힌혀혔히])|만들)",
    "답장 ?(?:해|하)", "취소(?:해|하|시)", "옮겨", "미뤄", "당겨",
    "잡아(?! ?(?:둔|놓|뒀|놨|놔|도))", "추가(?:해|하)",
    "등록(?:해|하)", "만들어", "예약(?:해|하)", "초대(?:해|하)", "변경(?:해|하)", "바꿔",
    "(?:메일|일정|회의|약속)(?:을|를)? ?(?:싹|다|모두|전부)? ?(?:삭제|지워)", "삭제 ?해", "지워",
    "(?<!did[ ]i[ ])(?<!did[ ]you[ ])(?:send|write|draft|compose|forward)"
    " (?!me )(?:[a-z]+ )??(?:an? |the |this |my |it )?(?:e?mail|message|reply|note|text|to (?!me))",
    "reply to", "e?mail (?:him|her|them|back)", "mark (?:it|this|them|all|everything)? ?as",
    "^(?:can you |could you |would you |will you |please |i want to |i want you to |i would like you to "
    "|i need you to "
    "|you |hey |ok |robeing )*(?:reply|respond|forward|archive|remind|wake|text|ping|dm|draft|write"
    "|e?mail (?!from|about|with|sent|to me|by|re)[a-z]+ (?:that|about|saying|to|and|i|we|the)"
    "|(?:tell|ask|inform|notify) (?!me)|let (?!me|us)[a-z]+ know|message (?!from|about"
    "|with)[a-z]+ (?:that|about|to|and)"
    "|set (?:an? |my )?(?:alarm|reminder|timer)|put .* (?:in|on) my|block|book|create|add|cancel|move"
    "|reschedule"
    "|schedule(?! (?:for|on|this|next|today|tomorrow|of))|set ?up|delete|remove|accept"
    "|decline|arrange|invite) .*",
)  # fmt: skip
HOW = compiled(
    "어떻게(?! ?(?:돼|되|된|됨))", "방법", "하는 ?법", "왜", "how (?:do|can|to|should|does(?! .{1,20} look))",
    "why",
    "(?:할|바꿀|멈출|끊을|연결할|지울|쉴) ?수 ?있",
    "(?:can|could|may) i(?! (?:please )?(?:see|get|have|check|view|look at))", "is it possible",
    "should i", "what if", "what happens", "하면",
    "(?:하|되|끊으|지우|바꾸|멈추)려면", "어디(?:서|를|을|에서)? ?(?:눌러|누르|들어가)",
)  # fmt: skip
# What would happen, were something changed; nobody wants it done.
SUPPOSED = compiled(
    "(?:끊으|지우|삭제하|해제하|멈추|중지하|끄|바꾸|쉬|해지하|탈퇴하)면(?! ?(?:좋|감사|될까요|안))",
    "if (?:i|you|we) (?:paus|stop|disconnect|unlink|delet|chang|mov|turn|mut|skip|eras|remov|switch)[a-z]*",
)
SHOW = compiled(
    "보여", "알려", "줘", "주세요", "찾", "검색", "확인", "체크", "읽어", "조회", "뽑아", "골라", "있",
    "어디", "어딨", "몇 ?시", "언제", "누구", "남았",
    "왔", "온 ?거", "없", "뭐", "부탁", "볼래", "show", "find", "search", "list", "get",
    "look(?:ing)? (?:for|up)", "check", "any", "what", "which", "did", "do i have", "have i", "pull up",
    "read", "give", "fetch", "where", "when", "who", "need", "open", "is there", "are there", "see", "got",
)  # fmt: skip
SEARCH = compiled(
    "찾(?!던|았(?:다|어요?|네요?|습니다|음)(?![가-힣]|\\s*[가-힣 ]*\\?))",
    "검색",
    "find",
    "search",
    "look(?:ing)? (?:for|up)",
    "where is",
    "dig up",
    "pull up",
)
