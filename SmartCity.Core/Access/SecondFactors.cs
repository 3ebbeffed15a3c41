using System.Security.Cryptography;
using System.Text;
using Npgsql;
using OtpNet;
using QRCoder;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Secrets;

namespace SmartCity.Core.Access;

/// <summary>Codes of a phone as a second factor: RFC 6238, six digits, 30 seconds, SHA-1, as every authenticator has it; and codes on paper for when the phone is lost.</summary>
internal sealed class SecondFactors(NpgsqlDataSource dataSource, CoreSecret secrets, TimeProvider time)
{
    private const string Issuer = "SmartCity";
    private const string Purpose = "second factor of ";
    private const int SecretBytes = 20;
    private const int RecoveryCodes = 10;
    private const int RecoveryBytes = 10;
    private const int StepSeconds = 30;
    private const int PixelsPerModule = 6;

    /// <summary>A secret for the user's phone, which counts once a code of it was given. One that counts already stays until then.</summary>
    public async Task<SecondFactorOffer?> OfferAsync(User user, AuditedChange change, CancellationToken cancellationToken)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var text = Base32Encoding.ToString(secret).TrimEnd('=');
        await using var command = await change.CommandAsync(
            """
            insert into second_factors as f (user_id, secret, created_at) values ($1, $2, $3)
            on conflict (user_id) do update set secret = excluded.secret, created_at = excluded.created_at, last_step = 0 where f.confirmed_at is null
            """,
            cancellationToken);
        command.Parameters.Add(new() { Value = user.Id });
        command.Parameters.Add(new() { Value = secrets.Seal(text, Purpose + user.Id) });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return null;
        }

        var address = $"otpauth://totp/{Issuer}:{Uri.EscapeDataString(user.UserName!)}?secret={text}&issuer={Issuer}";
        using var qr = QRCodeGenerator.GenerateQrCode(address, QRCodeGenerator.ECCLevel.M);
        using var svg = new SvgQRCode(qr);
        return new SecondFactorOffer(text, address, svg.GetGraphic(PixelsPerModule));
    }

    /// <summary>The first code of the phone: from now on sign-ins need one.</summary>
    /// <returns>Codes for when the phone is lost, shown this once; null if the code is wrong or nothing was offered.</returns>
    public async Task<IReadOnlyList<string>?> ConfirmAsync(Guid user, string? code, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await FindAsync(user, cancellationToken) is not { IsConfirmed: false } factor || StepOf(factor, code) is not { } step)
        {
            return null;
        }

        var codes = Enumerable.Range(0, RecoveryCodes).Select(_ => Base32Encoding.ToString(RandomNumberGenerator.GetBytes(RecoveryBytes)).TrimEnd('=').ToLowerInvariant()).Select(c => $"{c[..8]}-{c[8..]}").ToList();
        await using var command = await change.CommandAsync("update second_factors set confirmed_at = $2, last_step = $3, recovery = $4 where user_id = $1 and confirmed_at is null", cancellationToken);
        foreach (var value in (object[])[user, time.GetUtcNow(), step, codes.Select(Digest).ToArray()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? codes : null;
    }

    /// <summary>Whether a user's sign-ins need a code.</summary>
    public async Task<bool> IsOnAsync(Guid user, CancellationToken cancellationToken) => await FindAsync(user, cancellationToken) is { IsConfirmed: true };

    /// <summary>Whether a code is right; each counts once, those on paper too.</summary>
    /// <param name="change">The call's that it belongs to; null where it is taken by itself.</param>
    public async Task<bool> TakeAsync(Guid user, string code, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        if (await FindAsync(user, cancellationToken) is not { IsConfirmed: true } factor)
        {
            return false;
        }

        var step = StepOf(factor, code);
        var sql = step is null
            ? "update second_factors set recovery = array_remove(recovery, $2) where user_id = $1 and $2 = any(recovery)"
            : "update second_factors set last_step = $2 where user_id = $1 and last_step < $2";
        await using var command = await AuditedChange.CommandAsync(change, dataSource, sql, cancellationToken);
        command.Parameters.Add(new() { Value = user });
        command.Parameters.Add(new() { Value = step is { } s ? s : Digest(code) });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Removes what a user signs in with beside the password: passkeys too. Whether there was any.</summary>
    public static async Task<bool> RemoveAllAsync(Guid user, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync("with passkeys as (delete from user_passkeys where user_id = $1 returning 1), factor as (delete from second_factors where user_id = $1 returning 1) select exists (select from passkeys) or exists (select from factor)", cancellationToken);
        command.Parameters.Add(new() { Value = user });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Whether there was one.</summary>
    public static async Task<bool> RemoveAsync(Guid user, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync("delete from second_factors where user_id = $1", cancellationToken);
        command.Parameters.Add(new() { Value = user });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private async Task<Factor?> FindAsync(Guid user, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select secret, confirmed_at is not null, last_step from second_factors where user_id = $1");
        command.Parameters.Add(new() { Value = user });
        return (await command.ReadAllAsync(r => new Factor(secrets.Open(r.GetString(0), Purpose + user), r.GetBoolean(1), r.GetInt64(2)), cancellationToken)).SingleOrDefault();
    }

    // A clock may be a step off. A code of a step that was used is wrong.
    private long? StepOf(Factor factor, string? code)
    {
        var digits = code?.Replace(" ", "", StringComparison.Ordinal);
        if (digits is not { Length: 6 } || !digits.All(char.IsAsciiDigit))
        {
            return null;
        }

        var totp = new Totp(Base32Encoding.ToBytes(factor.Secret), StepSeconds);
        return totp.VerifyTotp(time.GetUtcNow().UtcDateTime, digits, out var step, new VerificationWindow(previous: 1, future: 1)) && step > factor.LastStep ? step : null;
    }

    private static byte[] Digest(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(new string([.. code.Where(char.IsAsciiLetterOrDigit)]).ToLowerInvariant()));

    private sealed record Factor(string Secret, bool IsConfirmed, long LastStep);
}
