using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Access;

/// <summary>Questions that browsers sign with a passkey (WebAuthn). Each is kept here until it is answered, so that no answer counts twice, whichever core it comes to.</summary>
internal sealed class Passkeys(NpgsqlDataSource dataSource, IOptions<AccessOptions> options, TimeProvider time)
{
    public const int Most = 10;

    public const int LongestName = 60;

    private static readonly TimeSpan Answerable = TimeSpan.FromMinutes(5);

    /// <summary>Addresses of consoles at which passkeys work; empty when they work nowhere.</summary>
    public IReadOnlyList<string> Origins => options.Value.PasskeyOrigins;

    /// <summary>Of these addresses alone, and only for a person who was recognised: that makes a passkey both factors.</summary>
    public static void Configure(IdentityPasskeyOptions passkeys, IReadOnlyList<string> origins)
    {
        passkeys.ServerDomain = origins.Count == 0 ? null : new Uri(origins[0]).Host;
        passkeys.UserVerificationRequirement = "required";
        passkeys.ResidentKeyRequirement = "required";
        passkeys.ValidateOrigin = context => ValueTask.FromResult(!context.CrossOrigin && origins.Contains(context.Origin, StringComparer.Ordinal));
    }

    /// <param name="user">Who may answer; null for whoever has a passkey.</param>
    /// <param name="state">What the answer is checked against.</param>
    /// <param name="change">The call's that it belongs to; null for one by itself.</param>
    public async Task<Guid> AskAsync(Guid? user, string state, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        var (id, now) = (Guid.CreateVersion7(), time.GetUtcNow());
        await using var command = (await AuditedChange.CommandAsync(change, dataSource, "with old as (delete from passkey_questions where expires_at < $4) insert into passkey_questions (id, user_id, state, expires_at) values ($1, $2, $3, $5)", cancellationToken))
            .With(id, Of(user), state, now, now + Answerable);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    /// <summary>What an answer is checked against; null when the question is unknown, somebody else's, too old or was answered.</summary>
    public async Task<string?> TakeAsync(Guid question, Guid? user, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("delete from passkey_questions where id = $1 and user_id is not distinct from $2 and expires_at > $3 returning state").With(question, Of(user), time.GetUtcNow());
        return (await command.ReadAllAsync(r => r.GetString(0), cancellationToken)).SingleOrDefault();
    }

    private static NpgsqlParameter Of(Guid? user) => new() { Value = (object?)user ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };
}
