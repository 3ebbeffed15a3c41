using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Publishing;

namespace SmartCity.Edge.Tests.Publishing;

/// <summary>Pictures of an edge that holds no credentials of the object store.</summary>
public sealed class CoreUploadsTests
{
    private const string Key = "evidence/london-a1/2026/11/28/08/x.jpg";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("\"https://s3.example.org/bucket/x?X-Amz-Signature=1\"", "https://s3.example.org/bucket/x?X-Amz-Signature=1", false)]
    [InlineData("\"api/edge/objects/evidence/x.jpg\"", "http://core/api/edge/objects/evidence/x.jpg", true)]
    [InlineData("null", null, false)] // it is there already
    public async Task A_picture_goes_where_the_core_says_and_the_key_goes_to_the_core_alone(string address, string? put, bool withKey)
    {
        var core = new Answers($$"""{"uploads":[{"key":"{{Key}}","address":{{address}}}]}""");
        await using var services = new ServiceCollection().AddHttpClient(CoreUploads.Client).ConfigurePrimaryHttpMessageHandler(() => core).Services.BuildServiceProvider();
        var uploads = new CoreUploads(services.GetRequiredService<IHttpClientFactory>(), Options.Create(new ConfigurationOptions { Address = new Uri("http://core"), Key = "the edge's key" }));

        await uploads.PutAsync(Key, "picture"u8.ToArray(), "image/jpeg", Token);

        Assert.Equal(("POST", "http://core/api/edge/uploads?station=london-a1", "Bearer the edge's key"), core.Asked[0]);
        Assert.Equal(put is null ? [] : [("PUT", put, withKey ? "Bearer the edge's key" : null)], core.Asked.Skip(1));
    }

    private sealed class Answers(string uploads) : HttpMessageHandler
    {
        public List<(string Method, string Address, string? Key)> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add((request.Method.Method, request.RequestUri!.AbsoluteUri, request.Headers.Authorization?.ToString()));
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(uploads, System.Text.Encoding.UTF8, "application/json") });
        }
    }
}
