using System.Security.Claims;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Sightings;

internal static class DeadLetterEndpoints
{
    private const int LongestReason = 500;
    private const int LongestFilter = 200;
    private const string Columns = "id, topic, partition, record_offset, recorded_at, reason, state, result, replays, done_by, done_at, coalesce(length(record_value), 0)";

    private static readonly string[] States = ["open", "replaying", "replayed", "discarded"];

    public static IEndpointRouteBuilder MapDeadLetters(this IEndpointRouteBuilder app)
    {
        var letters = app.MapGroup("/api/dead-letters").WithTags("Ops").RequireAuthorization(Scope.OpsRead);
        letters.MapGet("", ListAsync).WithSummary("Records that could not be used, newest first, with the reason and their state");
        letters.MapGet("{id:guid}", GetAsync).WithSummary("One dead letter with its original bytes and headers").Audited("dead-letters.read");
        // What is sent back goes to Kafka: no transaction has it. It is written down before, and its line comes after.
        letters.MapPost("{id:guid}/replay", ReplayAsync).WithSummary("Sends a dead letter back unchanged to the topic that it came from").RequireAuthorization(Scope.OpsWrite).Audited("dead-letters.replay");
        letters.MapPost("{id:guid}/discard", DiscardAsync).WithSummary("Sets a dead letter aside for good, with a reason; its bytes are kept").RequireAuthorization(Scope.OpsWrite).Audited("dead-letters.discard", recordBody: true).AuditAbout((DeadLetterDiscard d) => (null, d.Reason));
        letters.MapPost("replay", ReplayAllAsync).WithSummary($"Sends back the open dead letters of a selection, oldest first, at most {DeadLetterReplays.Most}").RequireAuthorization(Scope.OpsWrite).Audited("dead-letters.replay", recordBody: true).AuditAbout((DeadLetterSelection s) => (Selected(s), null));
        return app;
    }

    private static async Task<Results<Ok<Page<DeadLetterView>>, ProblemHttpResult>> ListAsync(
        NpgsqlDataSource dataSource,
        CancellationToken cancellationToken,
        string? state = null,
        string? topic = null,
        string? reason = null,
        PeriodBegin? from = null,
        PeriodEnd? to = null,
        Cursor? after = null,
        int limit = Paging.DefaultLimit)
    {
        var selection = new DeadLetterSelection(topic, reason, from?.At, to?.At);
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        if ((state is not null && !States.Contains(state) ? $"state must be one of {string.Join(", ", States)}." : Check(selection)) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        await using var command = DeadLetterReplays.Filter(selection).And("state = @", state).After("recorded_at", "id", after)
            .Command(dataSource, $"select {Columns} from dead_letters where {{where}} order by recorded_at desc, id desc limit {{limit}}", limit + 1);
        var rows = await command.ReadAllAsync(Read, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, l => new Cursor(l.RecordedAt, l.Id)));
    }

    private static async Task<Results<Ok<DeadLetterDetail>, NotFound>> GetAsync(Guid id, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns}, record_key, record_value, headers::text from dead_letters where id = $1");
        command.Parameters.Add(new() { Value = id });
        var found = await command.ReadAllAsync(
            r => new DeadLetterDetail(Read(r), r.Bytes(12), r.Bytes(13), DeadLetterHeaders.Read(r.GetString(14))),
            cancellationToken);
        return found is [var letter] ? TypedResults.Ok(letter) : TypedResults.NotFound();
    }

    private static async Task<Results<Accepted, NotFound, ProblemHttpResult>> ReplayAsync(Guid id, ClaimsPrincipal user, DeadLetterReplays replays, CancellationToken cancellationToken)
    {
        try
        {
            return await replays.SendAsync(id, user.Identity!.Name!, cancellationToken) switch
            {
                null => TypedResults.Accepted((string?)null),
                "" => TypedResults.NotFound(),
                var state => NotOpen(state),
            };
        }
        catch (KafkaException e)
        {
            return NotTaken(e);
        }
    }

    private static string Selected(DeadLetterSelection s)
    {
        string?[] parts = [s.Topic is null ? "every topic" : $"topic {s.Topic}", s.Reason is null ? null : $"reason '{s.Reason}'", s.From is { } from ? FormattableString.Invariant($"from {from:yyyy-MM-dd'T'HH:mm:ss'Z'}") : null, s.To is { } to ? FormattableString.Invariant($"to {to:yyyy-MM-dd'T'HH:mm:ss'Z'}") : null];
        return string.Join(", ", parts.OfType<string>());
    }

    private static async Task<Results<Ok<DeadLetterReplay>, ProblemHttpResult>> ReplayAllAsync(DeadLetterSelection selection, ClaimsPrincipal user, DeadLetterReplays replays, AuditedChange change, CancellationToken cancellationToken)
    {
        if (Check(selection) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        try
        {
            return TypedResults.Ok(await replays.SendAsync(selection, user.Identity!.Name!, change, cancellationToken));
        }
        catch (KafkaException e)
        {
            return NotTaken(e);
        }
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> DiscardAsync(Guid id, DeadLetterDiscard discard, ClaimsPrincipal user, DeadLetterReplays replays, AuditedChange change, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(discard.Reason) || discard.Reason.Length > LongestReason)
        {
            return Paging.Problem($"reason must say in 1 to {LongestReason} characters why the record is not needed.");
        }

        return await replays.DiscardAsync(id, discard.Reason.Trim(), user.Identity!.Name!, change, cancellationToken) switch
        {
            null => TypedResults.NoContent(),
            "" => TypedResults.NotFound(),
            var state => NotOpen(state),
        };
    }

    private static DeadLetterView Read(NpgsqlDataReader r) => new()
    {
        Id = r.GetGuid(0),
        Topic = r.GetString(1),
        Partition = r.GetInt32(2),
        Offset = r.GetInt64(3),
        RecordedAt = r.Time(4),
        Reason = r.GetString(5),
        State = r.GetString(6),
        Result = r.Text(7),
        Replays = r.GetInt32(8),
        By = r.Text(9),
        DoneAt = r.IsDBNull(10) ? null : r.Time(10),
        Bytes = r.GetInt32(11),
    };

    private static ProblemHttpResult NotOpen(string state) =>
        TypedResults.Problem(
            state == "replaying" ? "The record was sent back a moment ago and has not been read again yet." : $"The record is already {state}.",
            statusCode: StatusCodes.Status409Conflict);

    private static ProblemHttpResult NotTaken(KafkaException e) =>
        TypedResults.Problem($"The record could not be sent back to Kafka ({e.Error.Reason}) and stays open.", statusCode: StatusCodes.Status503ServiceUnavailable);

    private static string? Check(DeadLetterSelection selection) =>
        Wrong(selection.Topic) ? $"topic must have at most {LongestFilter} characters."
        : Wrong(selection.Reason) ? $"reason must have at most {LongestFilter} characters."
        : selection.From >= selection.To ? "from must be before to."
        : null;

    private static bool Wrong(string? text) => text?.Length > LongestFilter;
}
