using System.Net;

namespace SmartCity.Web.Tests;

public sealed class ServedTests
{
    [Theory]
    [InlineData("download")]
    [InlineData("cameras/a1-n1/picture")]
    [InlineData("evidence/london-a1/2026/11/23/08/x.jpg")]
    [InlineData("evidence/london-a1/2026/11/23/08/x.plate.jpg")]
    public async Task A_file_that_cannot_be_had_because_the_core_is_away_says_so(string path)
    {
        await using var console = await ConsoleHost.StartAsync();

        using var form = new FormUrlEncodedContent([KeyValuePair.Create("api-path", "charges/export"), KeyValuePair.Create("audit-reason", "a test")]);
        using var answer = path == "download" ? await console.Http.PostAsync(path, form, TestContext.Current.CancellationToken) : await console.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("The core does not answer. Try again in a moment.", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Null(answer.Content.Headers.ContentDisposition);
    }

    [Fact]
    public async Task Without_an_identity_provider_there_is_no_way_to_one()
    {
        await using var console = await ConsoleHost.StartAsync();
        using var answer = await console.Http.GetAsync(new Uri("sign-in/openid", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
