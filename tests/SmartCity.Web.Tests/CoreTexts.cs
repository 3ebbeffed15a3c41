using System.Text.RegularExpressions;

namespace SmartCity.Web.Tests;

/// <summary>What the core says to people, from its sources: sentences with {0}, {1} … where values stand.</summary>
internal static partial class CoreTexts
{
    private const int MostVariants = 32;

    // What they say of a setting, an address or a worker reaches people through the core.
    private static readonly string[] BesideCore =
    [
        "SmartCity.Contracts/Api/DayOrTime.cs", "SmartCity.Contracts/Cities/CameraAddress.cs", "SmartCity.Contracts/Cities/CameraMotion.cs", "SmartCity.Contracts/Cities/CameraRecognition.cs",
        "SmartCity.Contracts/Cities/PrivacyMask.cs", "SmartCity.Contracts/Cities/RecordingAddress.cs", "SmartCity.ServiceDefaults/Health/WorkerHealth.cs", "SmartCity.ServiceDefaults/Webhooks/WebhookReach.cs",
    ];

    /// <summary>Every sentence in the sources, and whether it is meant for somebody at the console.</summary>
    public static IReadOnlyList<(string File, string Sentence, bool IsForPeople)> All { get; } = [.. Read()];

    private static IEnumerable<(string File, string Sentence, bool IsForPeople)> Read()
    {
        var root = AppContext.BaseDirectory.Split("/tests/")[0];
        var core = Directory.EnumerateFiles(Path.Combine(root, "SmartCity.Core"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));
        foreach (var path in core.Concat(BesideCore.Select(f => Path.Combine(root, f))))
        {
            var file = Path.GetRelativePath(root, path);
            foreach (var literal in new CSharpLiterals(File.ReadAllText(path)).All())
            {
                foreach (var sentence in Variants(literal.Pieces, []).SelectMany(v => Sentences(v.Text)))
                {
                    yield return (file, sentence, IsForPeople(file, literal, sentence));
                }
            }
        }
    }

    private static bool IsForPeople(string file, CSharpLiteral literal, string sentence)
    {
        var taker = literal.Call == "string.Create" ? literal.Outer : literal.Call;
        if (!sentence.Contains(' ', StringComparison.Ordinal) || !Word().IsMatch(Value().Replace(sentence, "")) || NotForPeople().IsMatch(taker) || NotShown().IsMatch(file) || Elsewhere().IsMatch(literal.Before) || sentence.StartsWith("attachment;", StringComparison.Ordinal))
        {
            return false;
        }

        return ForPeople().IsMatch(taker)
            || (file.EndsWith("/PlateRecord.cs", StringComparison.Ordinal) && Kind().IsMatch(sentence))
            || (sentence[^1] is '.' or '?' or '!' && !file.Contains("/Packages/", StringComparison.Ordinal));
    }

    // A value that is one of two texts makes two sentences of one. The same question is answered in the same way throughout.
    private static IEnumerable<(Dictionary<string, bool> Answers, string Text)> Variants(IEnumerable<TextPiece> pieces, Dictionary<string, bool> given)
    {
        var found = new List<(Dictionary<string, bool> Answers, string Text)> { (given, "") };
        foreach (var piece in pieces)
        {
            found = [.. (piece.IsValue ? found.SelectMany(f => Choices(piece.Text, f.Answers).Select(c => (c.Answers, f.Text + c.Text))) : found.Select(f => (f.Answers, f.Text + piece.Text))).Take(MostVariants)];
        }

        return found;
    }

    private static IEnumerable<(Dictionary<string, bool> Answers, string Text)> Choices(string expression, Dictionary<string, bool> given)
    {
        var bare = WithoutBrackets(expression.Trim());
        if (Whole(bare) is { } pieces)
        {
            return Variants(pieces, given);
        }

        if (Question(bare) is not var (question, yes, no) || !(IsText(yes) || IsText(no)))
        {
            return [(given, ValueMark)];
        }

        return new[] { (Answer: true, Text: yes), (Answer: false, Text: no) }
            .Where(a => !given.TryGetValue(question, out var before) || before == a.Answer)
            .SelectMany(a => Choices(a.Text, new Dictionary<string, bool>(given) { [question] = a.Answer }));
    }

    private static bool IsText(string expression) => WithoutBrackets(expression.Trim()) is var bare && (Whole(bare) is not null || (Question(bare) is var (_, yes, no) && (IsText(yes) || IsText(no))));

    private static List<TextPiece>? Whole(string expression) =>
        expression.Length > 0 && new CSharpLiterals(expression) is var reader && reader.IsAt(0) && reader.One(0) is var (end, pieces) && end == expression.Length ? pieces : null;

    private static string WithoutBrackets(string expression)
    {
        if (expression is not ['(', .., ')'])
        {
            return expression;
        }

        var (reader, depth) = (new CSharpLiterals(expression), 0);
        for (var at = 0; at < expression.Length; at = reader.Next(at))
        {
            depth += expression[at] switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth == 0)
            {
                return at == expression.Length - 1 ? WithoutBrackets(expression[1..^1].Trim()) : expression;
            }
        }

        return expression;
    }

    // question ? yes : no
    private static (string Question, string Yes, string No)? Question(string expression)
    {
        var (reader, depth, mark, inner) = (new CSharpLiterals(expression), 0, -1, 0);
        for (var at = 0; at < expression.Length; at = reader.Next(at))
        {
            depth += expression[at] switch { '(' or '[' or '{' => 1, ')' or ']' or '}' => -1, _ => 0 };
            if (depth == 0 && expression[at] == '?')
            {
                if (at + 1 < expression.Length && expression[at + 1] is '.' or '[' or '?')
                {
                    at += expression[at + 1] == '?' ? 1 : 0;
                    continue;
                }

                (mark, inner) = mark < 0 ? (at, 0) : (mark, inner + 1);
            }
            else if (depth == 0 && expression[at] == ':' && mark >= 0 && inner-- == 0)
            {
                return (expression[..mark].Trim(), expression[(mark + 1)..at], expression[(at + 1)..]);
            }
        }

        return null;
    }

    private const string ValueMark = "\u0001";

    private static IEnumerable<string> Sentences(string text) => SentenceEnd().Split(LastValue().Replace(text, "")).Select(s => s.Trim()).Where(s => s.Length > 0).Select(s =>
    {
        var number = 0;
        return Mark().Replace(s, _ => $"{{{number++}}}");
    });

    [GeneratedRegex("\u0001")]
    private static partial Regex Mark();

    // What follows a sentence without a space is a sentence of its own, or nothing.
    [GeneratedRegex(@"(?<=[^\s][.?!])\u0001$")]
    private static partial Regex LastValue();

    [GeneratedRegex(@"(?<=[^\s][.?!])\s+")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"\{\d+\}")]
    private static partial Regex Value();

    [GeneratedRegex("[A-Za-z]{3}")]
    private static partial Regex Word();

    // What is stored of a plate, what for and for whom.
    [GeneratedRegex(@"^[A-Z][a-z]+[ a-z,()-][^$=~{]*$")]
    private static partial Regex Kind();

    [GeneratedRegex(@"(^|\.)(Problem|Conflict|Degraded|Healthy|Starting|\w*Exception)$")]
    private static partial Regex ForPeople();

    // Logs, metrics, descriptions of the API, the start of the program and the audit.
    [GeneratedRegex(@"(^|\.)(Log[A-Z]\w*|Create(Counter|Histogram|Gauge|UpDownCounter|Observable\w+)|ValidationResult|Fail|Validate|WithSummary|WithDescription|Append|StringBuilder|WriteLineAsync|LoggerMessage|GeneratedRegex|CreateCommand|CommandAsync|NpgsqlCommand|AppendAsync|Audited\w*|AuditAbout|Paragraph|WithTags)$")]
    private static partial Regex NotForPeople();

    // Descriptions of the API, and mails.
    [GeneratedRegex(@"\b(Description|Text)\s*=\s*$")]
    private static partial Regex Elsewhere();

    // What only edges, engines and the command line are told; the reasons of dead letters, which are searched for as they are; mails, notices, packages and files, which are records; faults of the program itself.
    [GeneratedRegex("""
        SmartCity\.Core/(Access/(FirstAdministrator|AccessOptions)|Alerts/AlertRaiser|Api/(QueryHeaders|CsvExport)|Audit/AuditedChange|Charges/ChargePreview|Database/Correction|Faces/(FaceExchanges|EdgeFaceEndpoints|FaceNotice)|Kafka/.*|Lake/IcebergRestEndpoints|Models/(ModelDesk|ModelSeed|TrainCommand)|Notifications/NotificationText|Ops/HeartbeatParser|Packages/(PackageCheck|PackageText|PackagePdf|RuleTexts)|Privacy/AccessPackage|Secrets/.*|Sightings/(Edge\w+|SightingParser|SightingOrigins|SightingRevisions)|Sql/(SqlTexts|CountedReportSql)|Stations/(EdgeRefusals|CityFileValidation))\.cs$
        """)]
    private static partial Regex NotShown();
}
