using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Access;

internal static class UserEndpoints
{
    public static IEndpointRouteBuilder MapUsers(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/access/users").WithTags("Access").RequireAuthorization(Scope.AccessWrite);
        group.MapGet("", ListAsync).WithSummary("Users, ordered by name");
        group.MapPost("", AddAsync).WithSummary("Adds a user; only this answer shows the first password").Audited("users.add", recordBody: true).AuditAbout((NewUser u) => (u.Name, null));
        group.MapPut("{id:guid}", ChangeAsync).WithSummary("Changes a user's roles and the groups of stations that the user is limited to, or disables or enables the user; the user's sessions end, and keys with a scope that the user no longer has are revoked").Audited("users.change", recordBody: true).AuditAbout((UserView u) => (u.Name, null));
        group.MapPost("{id:guid}/password", ResetAsync).WithSummary("Makes a new password and unlocks the user; the user's sessions end").Audited("users.password").AuditAbout((UserPassword p) => (p.User.Name, null));
        return app;
    }

    private static async Task<Ok<IReadOnlyList<UserView>>> ListAsync(UserManager<User> users, SignInGuard guard, CancellationToken cancellationToken)
    {
        var locked = await guard.LockedAsync(cancellationToken);
        return TypedResults.Ok<IReadOnlyList<UserView>>([
            .. (await users.Users.AsNoTracking().OrderBy(u => u.UserName).ToListAsync(cancellationToken))
                .Select(u => View(u) with { LockedUntil = locked.TryGetValue(SignInGuard.Normal(u.UserName!), out var until) ? until : null })]);
    }

    private static async Task<Results<Ok<UserPassword>, ProblemHttpResult>> AddAsync(NewUser body, UserManager<User> users, AccessContext context, AuditedChange change, NpgsqlDataSource dataSource, IOptions<AccessOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(body.Name))
        {
            return Paging.Problem("name is empty.");
        }

        if (options.Value.OpenId is { } provider && body.Name.Trim().EndsWith("@" + provider.Realm, StringComparison.OrdinalIgnoreCase))
        {
            return Paging.Problem($"name ends with @{provider.Realm}, which is kept for the identity provider's users. Choose another name.");
        }

        if ((CheckRoles(body.Roles ?? []) ?? CheckWhole(body.Groups ?? [], body.Roles!) ?? await CheckGroupsAsync(body.Groups ?? [], dataSource, cancellationToken)) is { } problem)
        {
            return problem;
        }

        var user = new User { Id = Guid.CreateVersion7(), UserName = body.Name.Trim(), Roles = [.. body.Roles!.Distinct()], Groups = [.. (body.Groups ?? []).Distinct()], CreatedAt = time.GetUtcNow(), MustChangePassword = true };
        var password = FirstAdministrator.MakePassword();
        await change.BeginAsync(context, cancellationToken);
        var result = await users.CreateAsync(user, password);
        return result.Succeeded ? TypedResults.Ok(new UserPassword(View(user), password)) : Paging.Problem(string.Join(" ", result.Errors.Select(e => e.Description)));
    }

    private static async Task<Results<Ok<UserView>, NotFound, ProblemHttpResult>> ChangeAsync(
        Guid id, UserChange body, ClaimsPrincipal by, UserManager<User> users, AccessContext context, AuditedChange change, NpgsqlDataSource dataSource, Credentials credentials, AuditLog audit, CancellationToken cancellationToken)
    {
        if (await users.FindByIdAsync(id.ToString()) is not { } user)
        {
            return TypedResults.NotFound();
        }

        if (body.Roles is not null && CheckRoles(body.Roles) is { } problem)
        {
            return problem;
        }

        // What the user was limited to before may be gone by now: that keeps nobody from changing something else.
        if ((CheckWhole(body.Groups ?? user.Groups, body.Roles ?? user.Roles) ?? await CheckGroupsAsync(body.Groups ?? [], dataSource, cancellationToken)) is { } ungrouped)
        {
            return ungrouped;
        }

        user.Groups = body.Groups is null ? user.Groups : [.. body.Groups.Distinct()];
        user.Roles = body.Roles is null ? user.Roles : [.. body.Roles.Distinct()];
        user.Disabled = body.Disabled ?? user.Disabled;
        if ((user.Disabled || !user.Roles.Contains(Role.Administrator)) && !await users.Users.AnyAsync(u => u.Id != id && !u.Disabled && u.Roles.Contains(Role.Administrator), cancellationToken))
        {
            return TypedResults.Problem($"{user.UserName} is the last administrator. Make somebody else an administrator first.", statusCode: StatusCodes.Status409Conflict);
        }

        var connection = await change.BeginAsync(context, cancellationToken);
        var result = await users.UpdateAsync(user);
        if (!result.Succeeded)
        {
            return TypedResults.Problem(string.Join(" ", result.Errors.Select(e => e.Description)), statusCode: StatusCodes.Status409Conflict);
        }

        // Before the audit's head is taken: whoever signs out takes it after the session.
        await credentials.CloseAllAsync(id, change, cancellationToken);
        var revoked = await credentials.RevokeBeyondAsync(connection, user.UserName!, user.Disabled || user.Groups.Length > 0 ? [] : Bearer.ScopesOf(user.Roles), cancellationToken);
        foreach (var (key, name) in revoked)
        {
            await audit.AppendAsync(
                connection, by.Identity!.Name!, "keys.revoke", key.ToString(), $"{name}: made by {user.UserName}, who may less now.", null, cancellationToken);
        }

        return TypedResults.Ok(View(user));
    }

    private static async Task<Results<Ok<UserPassword>, NotFound, ProblemHttpResult>> ResetAsync(Guid id, UserManager<User> users, AccessContext context, AuditedChange change, Credentials credentials, CancellationToken cancellationToken)
    {
        if (await users.FindByIdAsync(id.ToString()) is not { } user)
        {
            return TypedResults.NotFound();
        }

        var password = FirstAdministrator.MakePassword();
        user.PasswordHash = users.PasswordHasher.HashPassword(user, password);
        user.MustChangePassword = true;
        await change.BeginAsync(context, cancellationToken);
        var result = await users.UpdateSecurityStampAsync(user);
        if (!result.Succeeded)
        {
            return TypedResults.Problem(string.Join(" ", result.Errors.Select(e => e.Description)), statusCode: StatusCodes.Status409Conflict);
        }

        // Whoever had the password may have left a passkey.
        foreach (var passkey in await users.GetPasskeysAsync(user))
        {
            await users.RemovePasskeyAsync(user, passkey.CredentialId);
        }

        await SignInGuard.ForgetAsync(user.UserName!, change, cancellationToken);
        await credentials.CloseAllAsync(id, change, cancellationToken);
        return TypedResults.Ok(new UserPassword(View(user), password));
    }

    private static ProblemHttpResult? CheckRoles(IReadOnlyList<string> roles) => roles.FirstOrDefault(r => !Role.All.Contains(r)) is { } unknown
        ? Paging.Problem($"There is no role {unknown}; the roles are {string.Join(", ", Role.All)}.")
        : roles.Count == 0 ? Paging.Problem($"roles is empty; the roles are {string.Join(", ", Role.All)}.") : null;

    private static ProblemHttpResult? CheckWhole(IReadOnlyList<string> groups, IReadOnlyList<string> roles) =>
        groups.Count > 0 && roles.Contains(Role.Administrator) ? Paging.Problem("An administrator sees the whole city and cannot be limited to groups of stations. Take the role or the groups away.") : null;

    private static async Task<ProblemHttpResult?> CheckGroupsAsync(IReadOnlyList<string> groups, NpgsqlDataSource dataSource, CancellationToken cancellationToken) =>
        await StationGroupEndpoints.CheckAsync(groups, dataSource, cancellationToken) is { } wrong ? Paging.Problem(wrong) : null;

    private static UserView View(User user) => new()
    {
        Id = user.Id,
        Name = user.UserName!,
        Roles = user.Roles,
        Groups = user.Groups,
        Disabled = user.Disabled,
        MustChangePassword = user.MustChangePassword,
        LastSignIn = user.LastSignIn,
        CreatedAt = user.CreatedAt,
    };
}
