using System.Net;
using System.Net.Http.Headers;

namespace SmartCity.Web.Access;

/// <summary>Sends the token with every call to the core, and tells when the core no longer takes it.</summary>
internal sealed class CoreAuthorization(Func<ValueTask<string?>> token, Action refused) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = await token();
        if (sent is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", sent);
        }

        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized && sent is not null)
        {
            refused();
        }

        return response;
    }
}
