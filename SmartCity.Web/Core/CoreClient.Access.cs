using System.Net;
using SmartCity.Contracts.Api;
using SmartCity.Web.Access;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <summary>Name of the pooled handlers that all clients of the core share.</summary>
    public const string Handlers = "core";

    /// <summary>A client that sends another token than the signed-in user's.</summary>
    public static CoreClient For(IServiceProvider services, Func<ValueTask<string?>> token, Action? refused = null) => new(new HttpClient(
        new CoreAuthorization(token, refused ?? (static () => { })) { InnerHandler = services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(Handlers) },
        disposeHandler: false)
    {
        BaseAddress = new Uri(services.GetRequiredService<IConfiguration>()["Core:Address"] ?? "http://localhost:8080"),
        Timeout = Timeout.InfiniteTimeSpan,
    });

    /// <summary>Null when name and password do not belong together.</summary>
    public async Task<Session?> SignInAsync(SignInRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await PostAsync<Session>("api/access/sign-in", request, cancellationToken);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.Unauthorized)
        {
            return null;
        }
    }

    public async Task SignOutAsync(CancellationToken cancellationToken)
    {
        using var response = await http.PostAsync("api/access/sign-out", null, cancellationToken);
        await CheckAsync(response, cancellationToken);
    }

    public Task<AccountView> AccountAsync(CancellationToken cancellationToken) => GetAsync<AccountView>("api/access/me", cancellationToken);

    /// <summary>The new session; the one before has ended.</summary>
    public Task<Session> ChangePasswordAsync(PasswordChange change, CancellationToken cancellationToken) => PostAsync<Session>("api/access/password", change, cancellationToken);

    public Task<IReadOnlyList<UserView>> UsersAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<UserView>>("api/access/users", cancellationToken);

    public Task<UserPassword> AddUserAsync(NewUser user, CancellationToken cancellationToken) => PostAsync<UserPassword>("api/access/users", user, cancellationToken);

    public Task<UserView> ChangeUserAsync(Guid id, UserChange change, CancellationToken cancellationToken) => PutAsync<UserView>($"api/access/users/{id}", change, cancellationToken);

    public Task<UserPassword> ResetPasswordAsync(Guid id, CancellationToken cancellationToken) => PostAsync<UserPassword>($"api/access/users/{id}/password", new { }, cancellationToken);

    public Task<IReadOnlyList<ApiKeyView>> ApiKeysAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<ApiKeyView>>("api/access/keys", cancellationToken);

    public Task<ApiKeyCreated> AddApiKeyAsync(NewApiKey key, CancellationToken cancellationToken) => PostAsync<ApiKeyCreated>("api/access/keys", key, cancellationToken);

    public Task RevokeApiKeyAsync(Guid id, CancellationToken cancellationToken) => DeleteAsync($"api/access/keys/{id}", cancellationToken);
}
