using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.Core.Database;

namespace SmartCity.Core.Access;

/// <summary>Where there is no user yet, makes the first. Its password is printed once, to the standard error alone: logs are kept.</summary>
internal sealed class FirstAdministrator(IServiceScopeFactory scopes, IOptions<AccessOptions> options, TimeProvider time) : IDatabaseSeed
{
    public const string UserName = "administrator";

    private const int PasswordBytes = 15;

    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        if (await users.Users.AnyAsync(cancellationToken))
        {
            return;
        }

        var chosen = options.Value.FirstPassword;
        var password = chosen ?? MakePassword();
        var user = new User { Id = Guid.CreateVersion7(), UserName = UserName, Roles = [Role.Administrator], CreatedAt = time.GetUtcNow(), MustChangePassword = chosen is null };
        var result = await users.CreateAsync(user, password);
        if (result.Succeeded && chosen is null)
        {
            await Console.Error.WriteLineAsync($"First sign-in: {UserName}, password {password} (it is shown only this once and must be changed at the first sign-in)");
        }
        else if (!result.Succeeded && !result.Errors.All(e => e.Code == nameof(IdentityErrorDescriber.DuplicateUserName)))
        {
            throw new InvalidOperationException($"The user {UserName} could not be created: {string.Join(" ", result.Errors.Select(e => e.Description))} Set another password with Core:Access:FirstPassword.");
        }
    }

    public static string MakePassword() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(PasswordBytes));
}
