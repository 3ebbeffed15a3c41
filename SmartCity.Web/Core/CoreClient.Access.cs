using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Mvc;
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

    /// <summary>Signs in for somebody at an address; for the client with the console's own key, whose word about the address the core takes.</summary>
    /// <returns>The session; null and whether a code of the second factor is asked for when there is none.</returns>
    public async Task<(Session? Session, bool NeedsCode)> SignInAsync(SignInRequest request, string address, CancellationToken cancellationToken)
    {
        using var call = Request(HttpMethod.Post, "api/access/sign-in", null, request);
        call.Headers.Add(ClientAddress.Header, address);
        using var response = await http.SendAsync(call, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            return (null, await response.Content.ReadFromJsonAsync<ProblemDetails>(Json, cancellationToken) is { } problem && problem.Extensions.ContainsKey("secondFactor"));
        }

        await CheckAsync(response, cancellationToken);
        return (await response.Content.ReadFromJsonAsync<Session>(Json, cancellationToken), false);
    }

    public Task<SecondFactorOffer> OfferSecondFactorAsync(CancellationToken cancellationToken) => PostAsync<SecondFactorOffer>("api/access/second-factor", new { }, cancellationToken);

    /// <summary>The codes for when the authenticator is lost, and the new session.</summary>
    public Task<SecondFactorConfirmed> ConfirmSecondFactorAsync(string? code, CancellationToken cancellationToken) =>
        PostAsync<SecondFactorConfirmed>("api/access/second-factor/confirm", new SecondFactorCode(code), cancellationToken);

    public Task RemoveSecondFactorAsync(string? code, CancellationToken cancellationToken) => PostAsync("api/access/second-factor/remove", new SecondFactorCode(code), cancellationToken);

    /// <summary>Of a user who has lost it.</summary>
    public Task ResetSecondFactorAsync(Guid user, CancellationToken cancellationToken) => DeleteAsync($"api/access/users/{user}/second-factor", cancellationToken);

    public Task<IReadOnlyList<PasskeyView>> PasskeysAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<PasskeyView>>("api/access/passkeys", cancellationToken);

    /// <summary>What a browser makes a passkey of.</summary>
    public Task<PasskeyQuestion> OfferPasskeyAsync(string? password, CancellationToken cancellationToken) => PostAsync<PasskeyQuestion>("api/access/passkeys/options", new PasskeyOwner(password), cancellationToken);

    public Task<PasskeyView> AddPasskeyAsync(NewPasskey passkey, CancellationToken cancellationToken) => PostAsync<PasskeyView>("api/access/passkeys", passkey, cancellationToken);

    public Task RemovePasskeyAsync(string id, CancellationToken cancellationToken) => DeleteAsync($"api/access/passkeys/{Uri.EscapeDataString(id)}", cancellationToken);

    /// <summary>Addresses of consoles at which passkeys work.</summary>
    public Task<IReadOnlyList<string>> PasskeyOriginsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<string>>("api/access/sign-in/passkey", cancellationToken);

    /// <summary>What a browser signs to sign somebody in; for the client with the console's own key, as is the next.</summary>
    public async Task<PasskeyQuestion> AskForPasskeyAsync(string address, CancellationToken cancellationToken)
    {
        using var call = Request(HttpMethod.Post, "api/access/sign-in/passkey/options", null, new { });
        call.Headers.Add(ClientAddress.Header, address);
        using var response = await http.SendAsync(call, cancellationToken);
        await CheckAsync(response, cancellationToken);
        return (await response.Content.ReadFromJsonAsync<PasskeyQuestion>(Json, cancellationToken))!;
    }

    /// <returns>The session; null when the passkey was not accepted.</returns>
    public async Task<Session?> SignInAsync(PasskeyAnswer answer, string address, CancellationToken cancellationToken)
    {
        using var call = Request(HttpMethod.Post, "api/access/sign-in/passkey", null, answer);
        call.Headers.Add(ClientAddress.Header, address);
        using var response = await http.SendAsync(call, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            return null;
        }

        await CheckAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync<Session>(Json, cancellationToken);
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

    public Task<IReadOnlyList<StationGroupView>> StationGroupsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<StationGroupView>>("api/access/groups", cancellationToken);

    public Task<StationGroupView> ChangeStationGroupAsync(string name, IReadOnlyList<string> stations, CancellationToken cancellationToken) =>
        PutAsync<StationGroupView>($"api/access/groups/{Uri.EscapeDataString(name)}", new StationGroupChange(stations), cancellationToken);

    public Task RemoveStationGroupAsync(string name, CancellationToken cancellationToken) => DeleteAsync($"api/access/groups/{Uri.EscapeDataString(name)}", cancellationToken);

    public Task<IReadOnlyList<ApiKeyView>> ApiKeysAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<ApiKeyView>>("api/access/keys", cancellationToken);

    public Task<ApiKeyCreated> AddApiKeyAsync(NewApiKey key, CancellationToken cancellationToken) => PostAsync<ApiKeyCreated>("api/access/keys", key, cancellationToken);

    public Task RevokeApiKeyAsync(Guid id, CancellationToken cancellationToken) => DeleteAsync($"api/access/keys/{id}", cancellationToken);
}
