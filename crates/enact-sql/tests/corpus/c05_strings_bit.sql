SELECT B'101', X'1F', b'0', x'ff', N'na;tional';
