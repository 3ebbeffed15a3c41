using System.Diagnostics.Metrics;
using DuckDB.NET.Data;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Lake.Foreign;
using SmartCity.Lake.Sql;
using SmartCity.Lake.Tables;
using SmartCity.ServiceDefaults;

namespace SmartCity.Lake.Relay;

/// <summary>
/// Answers a statement from the lake, if it is certain to mean the same there. Postgres, on the session's own connection, says what its columns are, whether the session may read
/// them, and what its constants are. Everything else goes to Postgres as it came.
/// </summary>
internal sealed class ShortCut(StatementTree tree, LakeRun lake, KnownZones zones, FetchedRows aside, IOptions<LakeOptions> options, ILogger<ShortCut> logger)
{
    private const string FactsName = "smartcity lake facts";
    private const int FlushBytes = 64 * 1024;

    private static readonly Counter<long> Statements = Telemetry.Meter.CreateCounter<long>("lake.statements", description: "Statements over tables of the lake, by where they ran.");

    /// <returns>False if the statement is to go to Postgres.</returns>
    public async Task<bool> SimpleAsync(RelaySession session, string sql, CancellationToken cancellationToken)
    {
        try
        {
            var translation = Translator.Translate(tree.Parse(sql), CityTable.All, []);
            var description = await DescribeAsync(session, new MessageWriter().Begin('P').Text("").Text(sql).Int16(0).End(), "");
            if (description.Error is { } error)
            {
                await SayAsync(session, error);
                return true;
            }

            var facts = await FactsAsync(session, translation, null, cancellationToken);
            await AnswerAsync(session, translation, facts, description, new bool[translation.Outputs.Count], describes: true, new MessageWriter(), cancellationToken);
            return true;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is NotForTheLakeException or OperationCanceledException)
        {
            await CancelledAsync(session, new MessageWriter());
            return true;
        }
        catch (NotForTheLakeException e)
        {
            await RelayedAsync(session, e);
            return false;
        }
        catch (PostgresAnswerException e)
        {
            await SayAsync(session, e.Error);
            return true;
        }
    }

    /// <summary>Says what a statement would read, if it would run in the lake.</summary>
    /// <param name="sql">The statement, without EXPLAIN.</param>
    /// <returns>False if Postgres is to explain it.</returns>
    public async Task<bool> ExplainAsync(RelaySession session, string sql, CancellationToken cancellationToken)
    {
        try
        {
            var translation = Translator.Translate(tree.Parse(sql), CityTable.All, []);
            var description = await DescribeAsync(session, new MessageWriter().Begin('P').Text("").Text(sql).Int16(0).End(), "");
            if (description.Error is { } error)
            {
                await SayAsync(session, error);
                return true;
            }

            var head = new MessageWriter().Begin('T').Int16(1).Text("QUERY PLAN").Int32(0).Int16(0).Int32((int)LakeType.Text.Oid).Int16(-1).Int32(-1).Int16(0).End();
            await PlanAsync(session, translation, description, null, head, cancellationToken);
            return true;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is NotForTheLakeException or OperationCanceledException)
        {
            await CancelledAsync(session, new MessageWriter());
            return true;
        }
        catch (NotForTheLakeException e)
        {
            await RelayedAsync(session, e);
            return false;
        }
        catch (PostgresAnswerException e)
        {
            await SayAsync(session, e.Error);
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or NpgsqlException or IOException)
        {
            await FailAsync(session, new MessageWriter(), e);
            return true;
        }
    }

    /// <param name="description">Of the statement that is explained.</param>
    /// <param name="head">What goes before the lines of the plan.</param>
    private async Task PlanAsync(RelaySession session, Translation translation, Description description, (string Name, string Sql)? prepared, MessageWriter head, CancellationToken cancellationToken)
    {
        Compare(description, translation);
        var facts = await FactsAsync(session, translation, prepared, cancellationToken);
        foreach (var line in Explanation.Of(await lake.PlanAsync(translation, facts, cancellationToken), facts))
        {
            head.Begin('D').Int16(1).Counted(line).End();
        }

        head.Begin('C').Text("EXPLAIN").End();
        await session.ToClientAsync(session.Ready(head).Written);
    }

    // Under a name of the lake's own: the client's statement, which may be without one, stays what it is.
    private static async Task<Description> DescribeExplainedAsync(RelaySession session, string sql, IReadOnlyList<uint> parameters)
    {
        var question = new MessageWriter().Begin('C').Byte((byte)'S').Text(FactsName).End().Begin('P').Text(FactsName).Text(sql).Int16((short)parameters.Count);
        foreach (var type in parameters)
        {
            question.Int32((int)type);
        }

        question.End().Begin('D').Byte((byte)'S').Text(FactsName).End().Begin('C').Byte((byte)'S').Text(FactsName).End().Begin('S').End();
        return Description.Of(await session.AskAsync(question.Written));
    }

    // What Postgres says of a statement is said as it is.
    private static Task SayAsync(RelaySession session, Message error) => session.ToClientAsync(session.Ready(new MessageWriter().Raw(error.Bytes.Span)).Written);

    private static void Compare(Description description, Translation translation)
    {
        if (!description.Fields.Select(f => f.Type).SequenceEqual(translation.Outputs.Select(o => o.Oid)))
        {
            throw new NotForTheLakeException("Postgres gives its columns other types");
        }
    }

    /// <inheritdoc cref="SimpleAsync"/>
    public async Task<bool> ExtendedAsync(RelaySession session, Batch batch, CancellationToken cancellationToken)
    {
        try
        {
            var statement = tree.Parse(batch.Explained ?? batch.Sql);
            var parse = new MessageWriter();
            if (batch.Parse is { } given)
            {
                parse.Raw(given.Bytes.Span);
            }

            var description = await DescribeAsync(session, parse, batch.Name!);
            if (description.Error is { } error)
            {
                await SayAsync(session, error);
                return true;
            }

            batch.IsParsed = batch.Parse is not null;
            var bind = BoundParameters.Read(batch.Bind!.Value, description.Parameters);
            var translation = Translator.Translate(statement, CityTable.All, bind.Values);
            var prepared = batch.Parse is null ? (batch.Name!, batch.Sql) : ((string, string)?)null;
            if (batch.Explained is { } explained)
            {
                var plan = await DescribeExplainedAsync(session, explained, description.Parameters);
                if (plan.Error is { } refusal)
                {
                    await SayAsync(session, refusal);
                    return true;
                }

                var before = Head(batch, description);
                if (batch.DescribesPortal)
                {
                    description.Write(before, bind.Formats(description.Fields.Count));
                }

                await PlanAsync(session, translation, plan, prepared, before, cancellationToken);
                return true;
            }

            var binary = bind.Formats(translation.Outputs.Count);
            if (translation.Outputs.Where((t, i) => binary[i] && !RowEncoder.HasBinary(t)).Any())
            {
                throw new NotForTheLakeException("the client wants a list in binary");
            }

            var facts = await FactsAsync(session, translation, prepared, cancellationToken);
            await AnswerAsync(session, translation, facts, description, binary, batch.DescribesPortal, Head(batch, description), cancellationToken);
            return true;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is NotForTheLakeException or OperationCanceledException)
        {
            await CancelledAsync(session, Parsed(batch));
            return true;
        }
        catch (NotForTheLakeException e)
        {
            if (batch.IsParsed)
            {
                await session.ToClientAsync(Parsed(batch).Written);
            }

            await RelayedAsync(session, e);
            return false;
        }
        catch (PostgresAnswerException e)
        {
            await SayAsync(session, e.Error);
            return true;
        }
        catch (Exception e) when (batch.Explained is not null && e is InvalidDataException or NpgsqlException or IOException)
        {
            await FailAsync(session, Parsed(batch), e);
            return true;
        }
    }

    // What the client is told of its Parse, if Postgres has had it.
    private static MessageWriter Parsed(Batch batch) => batch.IsParsed ? new MessageWriter().Begin('1').End() : new MessageWriter();

    // What goes before the rows of a statement that a client has bound.
    private static MessageWriter Head(Batch batch, Description description)
    {
        var head = Parsed(batch);
        if (batch.DescribesStatement)
        {
            description.Messages.ForEach(m => head.Raw(m.Bytes.Span));
        }

        return head.Begin('2').End();
    }

    private async Task RelayedAsync(RelaySession session, NotForTheLakeException why)
    {
        Statements.Add(1, new KeyValuePair<string, object?>("where", "postgres"));
        logger.LogDebug("A statement runs in Postgres: {Reason}.", why.Message);
        var notice = new MessageWriter().Begin('N').Byte((byte)'S').Text("NOTICE").Byte((byte)'V').Text("NOTICE").Byte((byte)'C').Text("00000")
            .Byte((byte)'M').Text($"This statement does not run whole in the lake: {why.Message}.").Byte(0).End();
        await session.ToClientAsync(notice.Written);
    }

    private static async Task<Description> DescribeAsync(RelaySession session, MessageWriter parse, string name)
    {
        var answers = await session.AskAsync(parse.Begin('D').Byte((byte)'S').Text(name).End().Begin('S').End().Written);
        return Description.Of(answers);
    }

    private async Task<Facts> FactsAsync(RelaySession session, Translation translation, (string Name, string Sql)? prepared, CancellationToken cancellationToken)
    {
        // Closing what is not there is no error; an error before has left it.
        var question = new MessageWriter().Begin('C').Byte((byte)'S').Text(FactsName).End()
            .Begin('P').Text(FactsName).Text(SessionFacts.Query(translation, prepared)).Int16(0).End()
            .Begin('B').Text("").Text(FactsName).Int16(0).Int16(0).Int16(0).End()
            .Begin('E').Text("").Int32(0).End()
            .Begin('C').Byte((byte)'S').Text(FactsName).End()
            .Begin('S').End();
        var answers = await session.AskAsync(question.Written);
        if (answers.Find(m => m.Type == 'E') is { Bytes.Length: > 0 } error)
        {
            throw new PostgresAnswerException(error);
        }

        var facts = SessionFacts.Read(Values(answers.Find(m => m.Type == 'D')), translation);
        await zones.NeedAsync([facts.Zone.Id, .. translation.Zones], cancellationToken);
        return facts;
    }

    private static List<string?> Values(Message row)
    {
        var body = new BodyReader(row.Body.Span);
        var values = new List<string?>(body.Int16());
        while (!body.IsAtEnd)
        {
            values.Add(body.Int32() is var length and >= 0 ? System.Text.Encoding.UTF8.GetString(body.Bytes(length)) : null);
        }

        return values;
    }

    /// <param name="head">What goes before the rows.</param>
    private async Task AnswerAsync(
        RelaySession session, Translation translation, Facts facts, Description description, bool[] binary, bool describes, MessageWriter head, CancellationToken cancellationToken)
    {
        Compare(description, translation);
        if (describes)
        {
            description.Write(head, binary);
        }

        var encoder = new RowEncoder(translation.Outputs, binary, facts.Zone);
        var (rows, bytes) = (0L, 0L);
        await using var outgoing = new Outgoing(session.ToClientAsync, aside);
        try
        {
            await lake.RunAsync(translation, facts, row =>
            {
                if (++rows > options.Value.MostRows)
                {
                    throw LakeLimitException.Rows(options.Value.MostRows);
                }

                var before = head.Length;
                try
                {
                    encoder.Write(head, row);
                }
                catch
                {
                    head.Cut(before);
                    throw;
                }

                if (bytes + head.Length > options.Value.MostBytes)
                {
                    head.Cut(before);
                    throw LakeLimitException.Bytes(options.Value.MostBytes);
                }

                if (head.Length >= FlushBytes)
                {
                    bytes += head.Length;
                    outgoing.Add(head.Written);
                    head.Clear();
                }

                return true;
            }, cancellationToken);
        }
        catch (NotForTheLakeException) when (bytes == 0)
        {
            throw;
        }
        catch (Exception e) when (bytes == 0 && LakeErrors.IsOfAValue(e))
        {
            throw new NotForTheLakeException($"it ends with an error there ({LakeErrors.Of(e).Message})");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await outgoing.FinishAsync();
            await CancelledAsync(session, head);
            return;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (e is not (LakeLimitException or DuckDBException or InvalidDataException or LakeValueException or NotForTheLakeException))
            {
                logger.LogError(e, "A statement could not be answered from the lake."); // Postgres, the object store, the disk
            }

            var (state, message, hint) = LakeErrors.Of(e);
            await outgoing.FinishAsync();
            await FailAsync(session, head, state, message, hint);
            return;
        }

        await outgoing.FinishAsync();
        Statements.Add(1, new KeyValuePair<string, object?>("where", "lake"));
        head.Begin('C').Text($"SELECT {rows}").End();
        await session.ToClientAsync(session.Ready(head).Written);
    }

    private static Task CancelledAsync(RelaySession session, MessageWriter answer) => FailAsync(session, answer, "57014", "canceling statement due to user request", null);

    private static Task FailAsync(RelaySession session, MessageWriter answer, Exception e)
    {
        var (state, message, hint) = LakeErrors.Of(e);
        return FailAsync(session, answer, state, message, hint);
    }

    // In a transaction, it is Postgres that must know that it has failed.
    /// <param name="answer">What the client has not been sent yet.</param>
    private static async Task FailAsync(RelaySession session, MessageWriter answer, string state, string message, string? hint)
    {
        if (session.IsInTransaction)
        {
            var body = $"begin raise exception using errcode = {Translator.Quote(state)}, message = {Translator.Quote(message)}{(hint is null ? "" : $", hint = {Translator.Quote(hint)}")}; end";
            var answers = await session.AskAsync(new MessageWriter().Begin('Q').Text($"do {Translator.Quote(body)}").End().Written, isOfFailure: true);
            answer.Raw(answers.Find(m => m.Type == 'E').Bytes.Span);
        }
        else
        {
            answer.Error(state, message, hint);
        }

        await session.ToClientAsync(session.Ready(answer).Written);
    }
}

/// <summary>Postgres refuses the statement; its own words go to the client.</summary>
internal sealed class PostgresAnswerException(Message error) : Exception("Postgres refuses the statement.")
{
    public Message Error => error;
}

/// <summary>What Postgres says of a statement: its parameters and its columns.</summary>
internal sealed record Description(Message? Error, IReadOnlyList<uint> Parameters, IReadOnlyList<Field> Fields, List<Message> Messages)
{
    public static Description Of(List<Message> answers)
    {
        var parameters = new List<uint>();
        var fields = new List<Field>();
        Message? error = null;
        var kept = new List<Message>();
        foreach (var answer in answers)
        {
            var body = new BodyReader(answer.Body.Span);
            switch (answer.Type)
            {
                case 'E':
                    error = answer;
                    break;
                case 't':
                    kept.Add(answer);
                    for (var count = body.Int16(); count > 0; count--)
                    {
                        parameters.Add((uint)body.Int32());
                    }

                    break;
                case 'T':
                    kept.Add(answer);
                    for (var count = body.Int16(); count > 0; count--)
                    {
                        fields.Add(new Field(body.Text(), body.Int32(), body.Int16(), (uint)body.Int32(), body.Int16(), body.Int32()));
                        body.Int16();
                    }

                    break;
                default:
                    break;
            }
        }

        return new Description(error, parameters, fields, kept);
    }

    public void Write(MessageWriter writer, bool[] binary)
    {
        writer.Begin('T').Int16((short)Fields.Count);
        for (var i = 0; i < Fields.Count; i++)
        {
            var field = Fields[i];
            writer.Text(field.Name).Int32(field.Table).Int16(field.Attribute).Int32((int)field.Type).Int16(field.Size).Int32(field.Modifier).Int16(binary[i] ? (short)1 : (short)0);
        }

        writer.End();
    }
}

/// <summary>A column of a result.</summary>
internal sealed record Field(string Name, int Table, short Attribute, uint Type, short Size, int Modifier);
