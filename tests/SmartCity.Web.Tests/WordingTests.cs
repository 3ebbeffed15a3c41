using System.Net;
using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Tests;

public sealed class WordingTests
{
    [Theory]
    [InlineData(1.0, "100 %")]
    [InlineData(0.9999, "99.9 %")]
    [InlineData(0.994, "99.4 %")]
    [InlineData(0.8567, "85.6 %")]
    [InlineData(0.57, "57.0 %")]
    [InlineData(0.0004, "< 0.1 %")]
    [InlineData(0.0, "0.0 %")]
    public void Only_what_is_certain_is_a_hundred_percent(double probability, string words) => Assert.Equal(words, Wording.Sure(probability));

    [Fact]
    public void Why_the_core_could_not_be_asked_is_said_to_people()
    {
        Assert.Equal("The core does not answer. Try again in a moment.", Wording.Failure(new HttpRequestException("Connection refused (127.0.0.1:1)")));
        Assert.Equal("The core took too long to answer. Try again in a moment.", Wording.Failure(new HttpRequestException("no answer within 1 min", new OperationCanceledException())));
        Assert.Equal("The core is starting. Try again in a moment.", Wording.Failure(new HttpRequestException(Wording.Refused(503), null, HttpStatusCode.ServiceUnavailable)));
        Assert.Equal("from must not be after to.", Wording.Failure(new HttpRequestException("from must not be after to.", null, HttpStatusCode.BadRequest)));
    }
}
