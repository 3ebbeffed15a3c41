using Microsoft.AspNetCore.Components.Authorization;
using SmartCity.Web.Access;

namespace SmartCity.Web.Core;

/// <summary>
/// The board that an open page shows: that of the process, which is of the whole city, or for whoever is limited to groups of stations one of their own,
/// filled with what the core and the stream tell them.
/// </summary>
public sealed class OwnBoard(LiveBoard all, OwnLive live, CoreClient core, AuthenticationStateProvider user, TimeProvider time, ILogger<LiveBoard> logger) : IDisposable
{
    private LiveBoard? _own;

    public async Task<LiveBoard> GetAsync()
    {
        if (!SignedInUser.IsLimited((await user.GetAuthenticationStateAsync()).User))
        {
            return all;
        }

        if (_own is null)
        {
            _own = new LiveBoard(core, time, logger);
            live.Received += _own.Receive;
            live.Connected += _own.Refill;
        }

        return _own;
    }

    public void Dispose()
    {
        if (_own is { } own)
        {
            live.Received -= own.Receive;
            live.Connected -= own.Refill;
            own.Dispose();
        }
    }
}
