"""A language model that speaks OpenAI's chat completions and believes all it reads: the worst reader of mail.

It shows what the product lets a model do when every instruction in a mail is carried out.
"""
