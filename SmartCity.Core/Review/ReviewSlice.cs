using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Core.Review;

internal static class ReviewSlice
{
    public static IServiceCollection AddReview(this IServiceCollection services) => services.AddSingleton<ReviewQueue>().AddSingleton<ReadReviews>();
}
